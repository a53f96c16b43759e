"""Prompts: what a picture shows, in words, from its labels and its scene's description."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from simengine.errors import SimengineError
from simengine.refine.frame import Frame

__all__ = ["TEMPLATE", "caption", "check_template", "scene_words", "theme"]

TEMPLATE = "a photo of {objects}. {scene}"
"""The default prompt."""

_NUMBERS = ("no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MOST = 6  # classes named: text encoders read 77 tokens


def caption(frame: Frame, template: str = TEMPLATE, *, scene: str = "") -> str:
    """The prompt of a picture.

    Args:
        frame: The picture.
        template: Its words; ``{objects}`` stands for the classes seen and their counts, most frequent first,
            ``{scene}`` for the scene.
        scene: The scene in words.
    """
    counts = Counter(str(frame.categories[number]) for number in frame.labelled if frame.categories.get(number))
    named = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:_MOST]
    words = [_counted(name, count) for name, count in named]
    return _fill(template, words, scene)


def theme(classes: Sequence[str], template: str = TEMPLATE, *, scene: str = "") -> str:
    """The prompt of any photo of the same things: what is in it is not known, and how many.

    Args:
        classes: Names of the classes.
        template: See `caption`.
        scene: The scene in words.
    """
    return _fill(template, [_plural(_spoken(name)) for name in classes[:_MOST]], scene)


def check_template(template: str) -> None:
    """Refuses a prompt with a place that nothing stands for.

    Raises:
        SimengineError: It has one.
    """
    try:
        template.format(objects="", scene="")
    except (LookupError, ValueError) as error:
        raise SimengineError(
            f"the prompt {template!r} can't be filled in ({error!r}): only {{objects}} and {{scene}} stand for something; "
            "write other braces twice."
        ) from error


def scene_words(description: str) -> str:
    """What a scene's description says before its first semicolon or line break: what is seen, not how it is labelled."""
    return description.replace("\n", ";").split(";")[0].strip().rstrip(".")


def _fill(template: str, words: Sequence[str], scene: str) -> str:
    listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return " ".join(template.format(objects=listed or "things", scene=scene).split())


def _spoken(name: str) -> str:
    return name.replace("_", " ").replace("-", " ").strip()


def _counted(name: str, count: int) -> str:
    words = _spoken(name)
    number = _NUMBERS[count] if count < len(_NUMBERS) else "many"
    if count == 1:
        return f"{'an' if words[:1].lower() in tuple('aeiou') else 'a'} {words}"
    return f"{number} {_plural(words)}"


def _plural(words: str) -> str:
    if words.endswith(("s", "x", "z", "ch", "sh")):
        return f"{words}es"
    if words.endswith("y") and words[-2:-1] not in tuple("aeiou"):
        return f"{words[:-1]}ies"
    return f"{words}s"
