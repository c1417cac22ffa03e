"""The double's rules without a network: signatures, fault scripts, buckets, limits, the journal."""

import pytest

from yeshi_local.line.checks import check_messages, utf16
from yeshi_local.line.faults import BadRule, Buckets, Faults, Rule
from yeshi_local.line.login import pkce_fits
from yeshi_local.line.model import Person
from yeshi_local.line.state import World
from yeshi_local.line.store import DataInUse, Store
from yeshi_local.line.webhooks import sign

NOON = 1_764_000_000.0


def test_the_signature_of_lines_own_example():
    body = b'{"destination":"U8e742f61d673b39c7fff3cecb7536ef0","events":[]}'
    assert sign("8c570fa6dd201bb328f1c1eac23a96d8", body) == "GhRKmvmHys4Pi8DxkF4+EayaH0OqtJtaZxgTD9fMDLs="


def test_the_challenge_of_the_pkce_specification():
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert pkce_fits(challenge, verifier)
    assert not pkce_fits(challenge, verifier[:-1])
    assert not pkce_fits(challenge, "short")


def actions(faults, place, calls, to=()):
    return [fault.action if (fault := faults.decide(place, to)) else None for _ in range(calls)]


def test_a_script_has_one_action_for_each_call():
    faults = Faults()
    faults.add(Rule(on="push", script=["ok", "error", "timeout_after_accept"]))
    assert actions(faults, "push", 5) == [None, "error", "timeout_after_accept", None, None]
    assert actions(faults, "multicast", 1) == [None]


def test_times_and_skip_bound_a_rule():
    faults = Faults()
    faults.add(Rule(on="push,multicast", do="error", skip=1, times=2))
    assert actions(faults, "push", 5) == [None, "error", "error", None, None]


def test_a_rule_may_concern_one_user():
    faults = Faults()
    faults.add(Rule(on="push", do="error", to="U1"))
    assert actions(faults, "push", 1, to=["U2"]) == [None]
    assert actions(faults, "push", 1, to=["U2", "U1"]) == ["error"]


def test_a_seed_repeats_a_run_exactly():
    runs = []
    for seed in (7, 7, 8):
        faults = Faults()
        faults.add(Rule(on="push", do="error", probability=0.3, seed=seed))
        runs.append(actions(faults, "push", 200))
    assert runs[0] == runs[1] != runs[2]
    assert 40 <= sum(action is not None for action in runs[0]) <= 80


def test_an_action_that_means_nothing_at_a_place_is_left_out():
    faults = Faults()
    faults.add(Rule(on="*", do="reorder"))
    assert actions(faults, "push", 1) == [None]
    assert actions(faults, "webhook", 1) == ["reorder"]


@pytest.mark.parametrize("rule", [Rule(do="explode"), Rule(), Rule(do="error", probability=2)])
def test_a_rule_that_could_never_work_is_refused_and_changes_nothing(rule):
    faults = Faults()
    faults.add(Rule(id="kept", do="error"))
    with pytest.raises(BadRule):
        faults.replace([rule])
    assert [each.id for each in faults.rules] == ["kept"]


def test_a_bucket_refills_with_time():
    buckets = Buckets()
    assert [buckets.take("push", 2, NOON) for _ in range(3)] == [True, True, False]
    assert buckets.take("push", 2, NOON + 0.5)
    assert [buckets.take("broadcast", 60 / 3600, NOON) for _ in range(61)].count(True) == 60


def test_text_is_counted_in_utf_16_units():
    assert utf16("珍奶🧋") == 4
    assert check_messages([{"type": "text", "text": "🧋" * 2500}]) == []
    assert check_messages([{"type": "text", "text": "🧋" * 2501}])


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ({"type": "text"}, "messages[0].text"),
        ({"type": "poem", "text": "x"}, "messages[0]/type"),
        ({"type": "image", "originalContentUrl": "ftp://x", "previewImageUrl": "https://x"}, "originalContentUrl"),
        ({"type": "flex", "altText": "x", "contents": {"type": "carousel", "contents": [{}] * 13}}, "contents"),
        ({"type": "flex", "altText": "x", "contents": {"type": "bubble", "x": "y" * 31_000}}, "contents"),
        ({"type": "template", "altText": "x", "template": {"type": "confirm", "text": "x", "actions": []}}, "actions"),
        ({"type": "text", "text": "x", "quickReply": {"items": [{}] * 14}}, "quickReply.items"),
    ],
)
def test_message_objects_have_lines_limits(message, place):
    [(found, _)] = check_messages([message])
    assert place in found


def test_a_postback_of_301_characters_is_too_long_wherever_it_is():
    button = {"type": "button", "action": {"type": "postback", "label": "x", "data": "d" * 301}}
    bubble = {"type": "bubble", "footer": {"type": "box", "layout": "vertical", "contents": [button]}}
    [(place, text)] = check_messages([{"type": "flex", "altText": "x", "contents": bubble}])
    assert place.endswith("footer.contents[0].action.data")
    assert text == "Length must be between 0 and 300"


def test_the_journal_keeps_the_last_word_of_each_row_and_drops_a_torn_line(tmp_path):
    first = Store(tmp_path)
    people = first.table("people", Person)
    first.open()
    people.put("U1", Person(id="U1", name="小美"))
    people.put("U2", Person(id="U2", name="阿明"))
    people.put("U1", Person(id="U1", name="小美美"))
    people.remove("U2")
    first.close()
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'["people","U3",{"id"')
    second = Store(tmp_path)
    people = second.table("people", Person)
    second.open()
    assert [person.name for person in people] == ["小美美"]
    assert journal.read_bytes().count(b"\n") == 1
    second.close()


def test_a_folder_has_one_holder(tmp_path):
    holder = Store(tmp_path)
    with pytest.raises(DataInUse):
        Store(tmp_path)
    holder.close()
    Store(tmp_path).close()


def test_ids_look_like_lines():
    world = World(machine_time=lambda: NOON)
    assert len(world.new_ulid()) == 26
    assert len(world.new_message_id()) == 18
    assert world.day(NOON) == "20251125"  # 2025-11-24 16:00 UTC is the next day in UTC+9
