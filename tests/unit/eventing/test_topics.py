"""The table of topics keeps the convention of names."""

import re

from libs.eventing import topics
from libs.eventing.topics import TOPICS, Kind


def test_every_name_is_of_its_owner_and_version() -> None:
    pattern = re.compile(r"rongqiao\.([a-z]+)\.[a-z]+\.v\d+")

    owners = [(topic.owner, pattern.fullmatch(topic.name)) for topic in TOPICS]

    assert [match and match[1] for _, match in owners] == [owner for owner, _ in owners]


def test_no_two_topics_share_a_name() -> None:
    assert len({topic.name for topic in TOPICS}) == len(TOPICS)


def test_the_table_has_every_topic_of_the_module() -> None:
    constants = [value for value in vars(topics).values() if isinstance(value, topics.Topic)]

    assert tuple(constants) == TOPICS


def test_states_are_those_of_which_only_the_newest_counts() -> None:
    states = {topic.name.split(".")[2] for topic in TOPICS if topic.kind is Kind.STATE}

    assert states == {"product", "waiver", "programme", "headroom", "party", "organisation"}
