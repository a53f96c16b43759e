"""JSON Schemas of scene and randomizer files, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from simengine.sampling.distribution import DISTRIBUTIONS
from simengine.sampling.plan import plan_json_schema
from simengine.scene.schema.scene import SceneModel

__all__ = ["randomizer_schema", "scene_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RECIPE = {"$ref": "#/$defs/Recipe"}


def scene_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scene file.

    It says what can be said without drawing; `simengine check` checks more: units, ranges of
    distributions, names in expressions, files.
    """
    schema = _referenced(SceneModel.model_json_schema())
    definitions = schema.pop("$defs", {}) | _recipe_definitions()
    schema = {key: part for key, part in schema.pop("anyOf")[0].items() if key != "title"}  # the whole is no recipe
    schema["properties"]["plan"] = plan_json_schema() | {"description": schema["properties"]["plan"]["description"]}
    return {"$schema": DIALECT, "title": "simengine scene", **schema, "$defs": definitions}


def randomizer_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a randomizer file."""
    paths = {"pattern": r"^[A-Za-z_][A-Za-z0-9_\-]*(\.[A-Za-z_][A-Za-z0-9_\-]*|\.\*|\[[^\[\]]+\])*$"}
    vary = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": "%\\s*$"}, RECIPE]}

    def edits(value: dict[str, Any], description: str) -> dict[str, Any]:
        return {"type": "object", "propertyNames": paths, "additionalProperties": value, "description": description}

    properties = {
        "simengine": {"const": 1, "description": "Version of the file format."},
        "name": {"type": "string", "description": "Name in the catalogue, e.g. lighting/light."},
        "description": {"type": "string", "description": "One line for the catalogue."},
        "remove": {
            "type": "array",
            "items": {"type": "string", **paths},
            "description": "Places to remove; done first.",
        },
        "set": edits({}, "Values or recipes by place: replaced, or given where the schema has a field."),
        "vary": edits(vary, "Relative variations by place: 10%, or a distribution of the factor."),
        "add": edits({}, "New entries by place, e.g. objects.distractor; done last."),
    }
    return {
        "$schema": DIALECT,
        "title": "simengine randomizer",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "anyOf": [{"required": [kind]} for kind in ("remove", "set", "vary", "add")],
        "$defs": _recipe_definitions(),
    }


def _referenced(schema: Any) -> Any:
    """Puts references where the leaves left stand-ins."""
    if isinstance(schema, list):
        return [_referenced(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if set(schema) == {"$comment"}:
        return {"$ref": schema["$comment"]}
    return {key: _referenced(part) for key, part in schema.items()}


def _recipe_definitions() -> dict[str, Any]:
    """`Recipe` and what it is made of; plug-ins that are loaded take part."""
    families = [
        {
            "type": "object",
            "properties": {tag: _open(family.json_schema())},
            "required": [tag],
            "additionalProperties": False,
            "title": tag,
        }
        for tag, family in DISTRIBUTIONS.items()
    ]
    quantity = {
        "type": "string",
        "pattern": r"^\s*[-+]?(\d|\.\d)",
        "description": "A quantity with a unit: 16 mm, 30 deg, 20 %.",
    }
    expression = {
        "type": "string",
        "pattern": r"^\s*=",
        "description": "An expression over named variables: = 2 * size.",
    }
    clip = {"type": "array", "items": {"type": ["number", "string", "null"]}, "minItems": 2, "maxItems": 2}
    variation = {
        "type": "object",
        "description": "A nominal value times a random factor.",
        "properties": {
            "nominal": {"description": "The value to vary; a recipe too."},
            "vary": {"description": "10% for a factor of 0.9 to 1.1, or a distribution of the factor."},
            "clip": {"description": "[low, high] that the result is kept in; null for no bound.", **clip},
        },
        "required": ["nominal", "vary"],
        "additionalProperties": False,
    }
    return {
        "Quantity": quantity,
        "Expression": expression,
        "Variation": variation,
        "Distribution": {"anyOf": families},
        "Recipe": {
            "description": "Draws a value: a distribution, an expression or a nominal value with a relative variation.",
            "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ("Expression", "Distribution", "Variation")],
        },
    }


def _open(schema: Any) -> Any:
    """Lets every number in the parameters of a distribution be a recipe itself."""
    if isinstance(schema, list):
        return [_open(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    opened = {key: part if key in ("default", "enum") else _open(part) for key, part in schema.items()}
    if "properties" in schema:
        opened["properties"] = {name: _open(part) for name, part in schema["properties"].items()}
    kinds = schema.get("type", [])
    if {"number", "integer", "array"} & set([kinds] if isinstance(kinds, str) else kinds):
        return {"anyOf": [opened, RECIPE]}
    return opened
