"""What the write side does, against a model in plain Python: hundreds of runs of random steps.

A small number runs with every test run; under the marker `torture` it is 500 runs of 50 steps, or as many as
ANNALS_TEST_RUNS says.
"""

import os
import random
from functools import partial

import orjson
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from hypothesis.strategies import integers, sampled_from
from sqlalchemy import select

from app.errors import AnnalsError, Conflict, Gone, InvalidDocument
from app.records import kind_named
from app.store import integrity, tables
from app.verbs import editing
from app.verbs.merging import merge_records, undo_merge
from app.verbs.vocabulary import known_vocabulary
from app.verbs.writing import Edit
