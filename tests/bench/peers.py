"""One engine in a process of its own, the same weights in each: `python -m tests.bench.peers NAME FOLDER`.

Reads a prompt a line (JSON; of `ASKED` a question) and answers each with `{"first": seconds, "whole": seconds, "text":
...}`: greedy, at most `MOST` tokens, to the model's own end. The first line out says that it is loaded. FOLDER is what
`bench_peers` made: a home with the sample market, `merged/` for transformers, `f16.gguf`, `q8.gguf`, and `peers.json`,
which names the folders of base and adapter.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any

MOST, CONTEXT = 160, 2048  # tokens, as ours

Tell = Callable[[str], Any]
Engine = Callable[[str, Tell], Any]  # answers a prompt that is ready, telling piece by piece


def ours(folder: Path) -> Engine:
    from assistant.generator import load_generator
    from ingest.config import Config

    model = load_generator(Config(home=folder))

    def answer(prompt: str, tell: Tell) -> None:
        for piece in model.stream_complete(prompt, formatted=True):
            tell(piece.delta or "")

    return answer


def unmerged(folder: Path) -> Engine:
    """transformers with the adapter beside the weights, as peft loads it."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer, TextIteratorStreamer

    named = json.loads((folder / "peers.json").read_text())
    tokenizer: Any = AutoTokenizer.from_pretrained(named["base"])
    plain = AutoModelForCausalLM.from_pretrained(named["base"], dtype=torch.bfloat16)
    model: Any = PeftModel.from_pretrained(plain, named["adapter"])

    def answer(prompt: str, tell: Tell) -> None:
        asked = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
        options = {**asked, "max_new_tokens": MOST, "do_sample": False, "streamer": streamer}
        worker = Thread(target=model.generate, kwargs=options)
        worker.start()
        for piece in streamer:
            tell(piece)
        worker.join()

    return answer


def openvino(folder: Path) -> Engine:
    import openvino_genai  # type: ignore[import-not-found]  # from build/peers, as the next ones

    schedule = openvino_genai.SchedulerConfig()
    schedule.enable_prefix_caching = False  # else the second round only looks up the first
    schedule.max_num_batched_tokens = CONTEXT
    pipeline = openvino_genai.LLMPipeline(str(folder / "q8.gguf"), "CPU", scheduler_config=schedule)
    options = {"max_new_tokens": MOST, "do_sample": False, "apply_chat_template": False}
    return lambda prompt, tell: pipeline.generate(prompt, streamer=lambda piece: tell(piece) or False, **options)


def llama_cpp(weights: str) -> Callable[[Path], Engine]:
    def load(folder: Path) -> Engine:
        import xllamacpp  # type: ignore[import-not-found]

        settings = xllamacpp.CommonParams()
        settings.model.path = str(folder / weights)
        settings.n_ctx = settings.n_batch = settings.n_ubatch = CONTEXT
        settings.n_parallel = settings.verbosity = 1
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = os.cpu_count() or 1
        server = xllamacpp.Server(settings)
        options = {"max_tokens": MOST, "temperature": 0, "stream": True, "cache_prompt": False}
        return lambda prompt, tell: server.handle_completions({"prompt": prompt, **options}, lambda t: tell(_text(t)))

    return load


def _text(told: Any) -> str:
    """Of one piece, or of several, in the form of OpenAI's completions."""
    pieces = told if isinstance(told, list) else [told]
    return "".join(choice["text"] or "" for piece in pieces for choice in piece["choices"])


def asking(folder: Path) -> Engine:
    from assistant import AssistantConfig, make_assistant
    from assistant.sample.market import SAMPLE_NOW

    bell = make_assistant(AssistantConfig(home=folder, now=SAMPLE_NOW))
    return lambda question, tell: tell(bell.ask(question).text)


def plain_way(folder: Path) -> Engine:
    """What LlamaIndex's first page has a user write: an index in memory and a model, both with their defaults."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # type: ignore[import-untyped, unused-ignore]
    from llama_index.llms.huggingface import HuggingFaceLLM  # type: ignore[import-not-found, import-untyped, unused-ignore]

    from ingest.config import Config
    from ingest.index.embedding import bundled_path
    from ingest.ledger import open_ledger

    stories = [story for page in open_ledger(Config(home=folder)).news.pages(1_000) for story in page]
    documents = [Document(text=f"{s.title}\n{s.text}", metadata={"published": str(s.published)}) for s in stories]
    index = VectorStoreIndex.from_documents(documents, embed_model=HuggingFaceEmbedding(model_name=str(bundled_path())))
    merged = str(folder / "merged")
    engine = index.as_query_engine(llm=HuggingFaceLLM(model_name=merged, tokenizer_name=merged))
    return lambda question, tell: tell(str(engine.query(question)))


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "ours": ours,
    "transformers and peft, unmerged": unmerged,
    "OpenVINO GenAI, int8": openvino,
    "llama.cpp, Q8_0": llama_cpp("q8.gguf"),
    "llama.cpp, F16": llama_cpp("f16.gguf"),
}
ASKED: dict[str, Callable[[Path], Engine]] = {
    "bell.ask": asking,
    "VectorStoreIndex and HuggingFaceLLM": plain_way,
}


def timed(engine: Engine, prompt: str) -> dict[str, Any]:
    pieces: list[str] = []
    times: list[float] = []

    def tell(piece: str) -> None:
        if piece:
            pieces.append(piece)
            times.append(perf_counter())

    begun = perf_counter()
    engine(prompt, tell)
    whole = perf_counter() - begun
    return {"first": (times[0] - begun) if times else whole, "whole": whole, "text": "".join(pieces)}


def main(name: str, folder: Path) -> None:
    # What libraries print must not mix with the answers.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    engine = (ENGINES | ASKED)[name](folder)
    out.write('"loaded"\n')
    out.flush()
    for line in sys.stdin:
        out.write(json.dumps(timed(engine, json.loads(line))) + "\n")
        out.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
