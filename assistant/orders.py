"""Whether a sentence gives orders to whoever, or whatever, reads it: a sum of learnt weights, one a cue. Pure.

No list of patterns holds all the ways to command a reader. So a word counts itself and by its kind (who reads, who
asks, replying, dropping, ...), alone and next to another. `make_order_words.py` learns the weights.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from ingest.resources import resource

WEIGHTS = "assistant/order_words.json"
# Words that news uses otherwise as a rule ("output", "draft", "orders") are of no kind: they count as themselves.
_KINDS = {
    "reader": """assistant assistants ai ais llm llms gpt chatgpt claude gemini model models chatbot chatbots bot bots
        robot robots agent software crawler crawlers parser parsers summariser summarisers summarizer summarizers neural
        assistent assistenten asistente assistente asystent modell modèle modelo modello ассистент ассистента модель
        助手 模型 アシスタント モデル""",
    "user": """user users reader readers person anyone anybody everyone everybody whoever nutzer benutzer leser
        utilisateur lecteur usuario lector usuário leitor utente lettore gebruiker lezer użytkownik użytkownikowi
        пользователь пользователю 用户 读者 ユーザー 読者""",
    "reply": """answer answers answered answering reply replies replied replying respond responds responding response
        responses antwort antworte antworten réponse réponds répondez respuesta responde responda responder risposta
        rispondi rispondere resposta antwoord antwoorden odpowiedz odpowiedź ответ ответь отвечай ответьте 回答 答案
        答え""",
    "question": """question questions query queries prompt prompts frage fragen pregunta domanda pergunta vraag pytanie
        вопрос вопросы 问题 質問""",
    "order": """instruction instructions directive directives command commands rule rules guideline guidelines guidance
        task tasks objective objectives goal override overrides anweisung anweisungen regeln consigne consignes
        instrucción instrucciones istruzioni instruções instructies regels polecenia poleceniach instrukcje инструкции
        инструкций указания 指令 指示 命令 提示""",
    "drop": """ignore disregard forget discard skip overrule override bypass abandon omit neglect dismiss ignoriere
        vergiss oublie oubliez ignorez olvida olvide ignora dimentica esqueça desconsidere negeer vergeet zignoruj
        zapomnij игнорируй игнорируйте забудь забудьте 忽略 无视 忘记 無視 忘れ""",
    "say": """say tell write print repeat name give put use mention show quote cite report recommend advise suggest
        include add insert append claim confirm praise call treat schreibe schreib sage sag nenne écris écrivez dis
        dites escribe escriba di diga dile scrivi scrivere escreva schrijf zeg napisz powiedz напиши напишите скажи
        скажите 说 写 告诉 書いて 伝えて""",
    "do": """act ask attach begin behave carry choose click compose convert convince copy count create define describe
        do draw enter explain finish follow generate help imagine integrate invent keep leave let make modify obey pick
        play point pretend promise provide rank rate read recite remove render replace rephrase reveal reword rewrite
        round save select send sing solve speak spell start stop substitute sum summarise summarize suppose swap take
        teach think throw translate try turn urge visit warn augment enhance introduce jumble scramble combine""",
    "text": """article articles story text texts paragraph passage passages item items evidence source sources sentence
        sentences line lines context document conversation chat message messages""",
    "speaker": """system user human developer developers admin administrator operator moderator supervisor root prompt
        assistant ai bot model instruction instructions""",
    "you": "you your yours yourself du dein deine ihr euch tu ton ta tes votre vos tú tus usted je jouw uw",
    "must": """must shall should ought has have required requires expected supposed obliged instructed ordered allowed
        forbidden permitted authorised need needs musst debes dois devi deve moet""",
    "polite": "please kindly bitte veuillez prière favor alsjeblieft proszę пожалуйста 请 ください",
    "now": "now henceforth hereby instead whatever whenever regardless further nothing only always never",
}
_LISTED = {kind: frozenset(words.split()) for kind, words in _KINDS.items()}
_OF = {w: tuple(f"<{k}>" for k, words in _LISTED.items() if w in words) for w in frozenset().union(*_LISTED.values())}
_UNSPACED = "⺀-鿿"  # Chinese and Japanese: their words are found by name, else sign by sign
_TERMS = "|".join(sorted((w for w in _OF if w[0] >= _UNSPACED[0]), key=len, reverse=True))
_TOKEN = re.compile(
    rf"{_TERMS}|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+(?:['’][^\W\d_]+)*|\d[\d.,]*%?|[<>\[\]{{}}|#*=@:;!?/()\"“”„-]"
)
_SHAPES = {
    "marked": re.compile(r"^\s*(?:[\[<{@=`!/|]|#{2}|\*{2}|>{2}|\(\(|\(.*:|\$ |\W{3})"),
    "labelled": re.compile(r"^\W*(?:\w+[ -]){0,4}\w+\s*[:>\]]"),
    "loud": re.compile(r"^\W*[A-Z]{3,}\b(?:.*[a-z]{3}|\W*$)"),
    "script": re.compile(rf"[Ѐ-ӿ{_UNSPACED}]"),
}


def gives_orders(sentence: str) -> bool:
    """Whether the weights of its cues sum up to an order."""
    return leaning(sentence, _weights()) > 0


def leaning(sentence: str, weights: Mapping[str, float]) -> float:
    """What the weights of its cues sum up to; under "" stands what every sentence starts from."""
    return weights[""] + sum(weights.get(cue, 0.0) for cue in cues_of(sentence))


def cues_of(sentence: str) -> frozenset[str]:
    """Its words, each once, their kinds, neighbours of which one at least is of a kind, and the sentence's shape. Any
    number is `9`, a capitalised word after the first `@`, the start `^`."""
    words = list(_words_of(sentence))
    kinds = [_OF.get(w, ()) for w in words]
    cues = {*words, *(k for of in kinds for k in of)}
    for (v, a), (w, b) in pairwise(zip(["^", *words], [("^",), *kinds], strict=True)):
        if a or b:
            cues.update(f"{left} {right}" for left in a or (v,) for right in b or (w,))
    if kinds and sentence.rstrip(" \n\"'”’)]").endswith("."):  # as a headline does not
        cues.update(f"^ {kind}." for kind in kinds[0])
    return frozenset(cues | {f"~{name}" for name, shape in _SHAPES.items() if shape.search(sentence)})


def _words_of(sentence: str) -> Iterator[str]:
    for at, word in enumerate(_TOKEN.findall(sentence)):
        low = word.lower().replace("’", "'").removesuffix("'s")
        if word[0].isdigit():
            yield "9"
        else:
            yield "@" if at and word[0].isupper() and low not in _OF else low


@cache
def _weights() -> dict[str, float]:
    told: dict[str, float] = json.loads(resource(WEIGHTS).read_text("utf-8"))
    return told
