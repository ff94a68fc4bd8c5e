"""The main job from the bank's product to the regulator's table, through public doors, in both ways to run."""

from collections import Counter
from threading import Timer

import pytest

from app.demo import seeding
from app.demo.cast import Cast
from app.demo.story import Story
from app.demo.telling import Teller
from tests.support.platform import Running

FAMILIES = {"FIRST_LOAN", "IP_PLEDGE", "GUARANTEE"}


def play(running: Running) -> Story:
    story = Story(Cast(running.doors), Teller(), seeding.today())
    story.play()
    return story


def assert_it_ended_right(story: Story) -> None:
    assert FAMILIES <= {plan["family"] for plan in story.recommendations}
    statuses = Counter(outcome["status"] for outcome in story.outcomes)
    assert statuses["FUNDED"] > 20
    assert statuses["REFUSED"] == 1
    assert set(statuses) == {"FUNDED", "REFUSED"}
    months = story.flows["after"]["column_labels"]
    assert months == [seeding.today().isoformat()[:7]]


def test_a_product_becomes_plans_loans_guarantees_and_an_aggregate(running: Running) -> None:
    story = play(running)

    assert_it_ended_right(story)


@pytest.mark.parametrize("service", ["lending", "guarantee", "coordination", "matching"])
def test_the_story_ends_right_though_a_service_is_killed_in_its_middle(full: Running, service: str) -> None:
    assert full.platform is not None
    killing = Timer(4.0, full.platform.kill, [service])
    killing.start()

    story = play(full)

    assert not killing.is_alive(), "the story ended before the kill"
    assert_it_ended_right(story)
