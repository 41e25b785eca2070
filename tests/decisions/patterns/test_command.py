"""The command line of the patterns."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from decisions.__main__ import app
from decisions.fields import BadInput
from decisions.patterns.command import read_shares


def test_a_worked_example_as_json_says_that_it_is_illustrative() -> None:
    done = CliRunner().invoke(app, ["patterns", "--scenario", "attribute-extraction", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["illustrative"] and told["pattern"] == "example"
    assert [claim["says"] for claim in told["claims"]] == ["does not hold", "does not hold"]


def test_devices_in_words_and_as_json() -> None:
    arguments = ["patterns", "--scenario", "seventy-or-eight", "--pattern", "edge"]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert {place["device"] for place in told["devices"]} >= {"iphone-15-pro", "raspberry-pi-5"}
    assert sum(told["parts"].values()) == pytest.approx(told["usd_per_month"]["value"])
    assert told["sentence"] in CliRunner().invoke(app, arguments).stdout


def test_what_cannot_be_worked_out_says_what_to_do() -> None:
    done = CliRunner().invoke(app, ["patterns", "--scenario", "seventy-or-eight", "--pattern", "router"])
    assert isinstance(done.exception, BadInput) and "published scores have none" in str(done.exception)
    odd = CliRunner().invoke(app, ["patterns", "--scenario", "seventy-or-eight", "--pattern", "cascades"])
    assert isinstance(odd.exception, BadInput) and "did you mean cascade" in str(odd.exception)


def test_shares_are_read_as_people_write_them() -> None:
    assert read_shares("math=60%, code=0.4") == {"math": 0.6, "code": 0.4}
    with pytest.raises(BadInput, match="'math' cannot be read"):
        read_shares("math")
