"""The settings as a list to read: variable, default, what it is for, by section."""

from pydantic import BaseModel

from rollcall.settings_words import variable

Row = tuple[str, str, str]
"""(variable, default, description)"""


def listed_by_section(settings: type[BaseModel]) -> list[tuple[str, str, list[Row]]]:
    """(section, what it is for, its settings) of every section."""
    found = []
    for section, field in settings.model_fields.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            found.append((section, (model.__doc__ or "").strip(), _rows(section, model)))
    return found


def _rows(section: str, model: type[BaseModel]) -> list[Row]:
    return [
        (
            variable(section, setting.alias or name),
            _shown(setting.get_default(call_default_factory=True)),
            setting.description or "",
        )
        for name, setting in model.model_fields.items()
    ]


def _shown(default: object) -> str:
    """A default as one would write it."""
    if default is None or default == {}:
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(map(str, default)) if isinstance(default, tuple) else str(default)
