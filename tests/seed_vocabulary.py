"""The vocabulary of the seeds, read once: that takes a second, and tests of many modules want it."""

from typing import Final

from app.records.vocabulary import load_vocabulary
from app.settings import data_dir

VOCABULARY: Final = load_vocabulary(data_dir("seed_data") / "vocabulary.yaml")
