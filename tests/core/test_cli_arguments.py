import re

import pytest

from mvmocap_core.cli_arguments import make_parser
from mvmocap_core.errors import InputError
from mvmocap_core.options import SMOOTHING_PRESETS


@pytest.mark.parametrize(
    ("text", "strength"), [("0.45", 0.45), ("calm", SMOOTHING_PRESETS["calm"]), ("none", 0.0)]
)
def test_smoothing_is_a_strength_or_a_preset(text, strength):
    assert make_parser().parse_args(["clean", "take", "--smoothing", text]).smoothing == strength


def test_smoothing_that_is_neither_is_refused():
    with pytest.raises(InputError, match="a number from 0 to 1, or none, action"):
        make_parser().parse_args(["clean", "take", "--smoothing", "soft"])


def test_run_passes_every_command_on(repository):
    (cases,) = re.findall(r"^    (solve \|.*)\)$", (repository / "run").read_text(), re.MULTILINE)
    commands = re.findall(r"^    (\w+)", make_parser().format_help(), re.MULTILINE)
    assert set(cases.split(" | ")) == set(commands)
