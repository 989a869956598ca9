"""Takes the fast engine where it is installed and was seen to answer as the usual one does; made and judged once."""

import hashlib
import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.generator.base_model import BaseModel, first_line
from assistant.generator.cache import keep_newest, made_once
from assistant.generator.engine import Engine
from assistant.generator.openvino import OpenVinoEngine, convert, installed
from ingest.errors import ModelError

if TYPE_CHECKING:
    from assistant.generator.local import Weights

_RECIPE = 1  # raise it when `convert` or the probe change
_VERDICT = "probe.json"
_KEPT = 4  # engines, 270 MB each of the bundled model


def fast_engine(weights: "Weights", adapted: bool, models: Path, progress: Callable[[str], None]) -> Engine | None:
    """OpenVINO's form of the model, kept below `models`; None where it cannot be made or answers otherwise."""
    if not installed() or not weights.base.is_folder:
        return None
    kept = models / f"openvino-{_key(weights.base, weights.digest(adapted))}"
    if not kept.is_dir():
        progress("Preparing the fast engine: once, about two minutes")
    try:
        made_once(kept, lambda partial: _make(weights, adapted, partial))
        keep_newest(models, "openvino-*", _KEPT, used=kept)
    except OSError as error:
        progress(f"The fast engine cannot be kept ({first_line(error)}): the usual one answers")
        return None
    if not json.loads((kept / _VERDICT).read_text())["alike"]:
        return None
    try:
        return OpenVinoEngine(kept, weights.tokenizer)
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"the fast engine cannot be loaded: {first_line(error)}", f"remove {kept}: it is made anew"
        ) from error


def _make(weights: "Weights", adapted: bool, folder: Path) -> None:
    """Also where it fails a verdict is kept, so that it is not tried again at every start."""
    from assistant.generator.probe import ALIKE, agreement

    folder.mkdir(parents=True)
    try:
        convert(weights.model(adapted), weights.tokenizer, folder)
        share = agreement(weights, adapted, OpenVinoEngine(folder, weights.tokenizer))
        verdict = {"alike": share >= ALIKE, "share": share}
    except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:  # of torch, of OpenVINO
        verdict = {"alike": False, "error": first_line(error)}
    if not verdict["alike"]:
        for file in folder.iterdir():
            file.unlink()
    (folder / _VERDICT).write_text(json.dumps(verdict))


def _key(base: BaseModel, adapter: str) -> str:
    """What the engine depends on. A base that is a user's folder is known by its files' sizes and times."""
    files = sorted(f for f in Path(base.source).iterdir() if f.is_file())
    known = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in files]
    made = [base.source, known, adapter, version("openvino"), version("transformers"), _RECIPE]
    return hashlib.sha256(json.dumps(made).encode()).hexdigest()[:16]
