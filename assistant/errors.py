"""The read side's errors: those of the store (`ingest.errors`) and none of its own beside them.

A question that cannot be answered is no error: it is an `Answer` whose status is `abstained` or `refused`.
"""

from ingest.errors import BellError, ConfigError, ModelBusy, ModelError, ModelMissing, StoreError, StoreMissing

__all__ = ["BellError", "ConfigError", "ModelBusy", "ModelError", "ModelMissing", "StoreError", "StoreMissing"]
