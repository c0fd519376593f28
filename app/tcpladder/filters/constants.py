"""Reads what a filter compares a field with: a literal of the field's type, or the name of one of its values."""

from dataclasses import dataclass

from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.filters import tree
from tcpladder.filters.errors import FilterError
from tcpladder.filters.literals import RULES, LiteralError, Value, describe
from tcpladder.filters.plan import LiteralOperand
from tcpladder.filters.wording import joined_by_minus, nearest, refusal, shown
from tcpladder.texts import _

Constant = tree.Word | tree.Text | tree.Character


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a constant has to be: a value of the type, or the name of one of the field's values."""

    type: T
    field: FieldSpec | None = None


def read_constant(constant: Constant, wanted: Wanted) -> LiteralOperand:
    """The value; raises FilterError where it is none of the wanted type."""
    if wanted.type is T.STRING and wanted.field is not None and wanted.field.names is not None:
        return LiteralOperand(T.STRING, _chosen(constant, wanted.field).encode())
    try:
        value = _read(constant, wanted)
    except LiteralError as error:
        number = _named_value(constant, wanted.field)
        if number is None:
            raise _explained(error, constant, wanted) from None
        value = Value(number)
    return LiteralOperand(wanted.type, value.content, value.prefix)


def value_names(field: FieldSpec) -> dict[int, str]:
    """The names that the values of a field have; none where they are only True and False."""
    if field.type is T.BOOLEAN:
        named = (field.true, field.false) != ("True", "False")
        return {1: field.true, 0: field.false} if named else {}
    return dict(field.names or {})


def _read(constant: Constant, wanted: Wanted) -> Value:
    rule = RULES[wanted.type]
    match constant:
        case tree.Word():
            return rule.word(constant.text, rule)
        case tree.Text() if rule.text is not None:
            return rule.text(constant.value, rule)
        case tree.Character() if rule.character is not None:
            return rule.character(constant.value)
    raise LiteralError


def _text(constant: Constant) -> str:
    match constant:
        case tree.Word():
            return constant.text
        case tree.Text():
            return constant.value.decode("utf-8", "replace")
        case tree.Character():
            return chr(constant.value)


def _named_value(constant: Constant, field: FieldSpec | None) -> int | None:
    """The number that the name stands for; letter case does not matter."""
    if field is None or isinstance(constant, tree.Character):
        return None
    folded = _text(constant).casefold()
    return next((number for number, name in value_names(field).items() if name.casefold() == folded), None)


def _chosen(constant: Constant, field: FieldSpec) -> str:
    """One of the few texts that the field may have, in its own spelling; letter case does not matter."""
    number = _named_value(constant, field)
    names = value_names(field)
    if number is not None:
        return names[number]
    near = nearest(_text(constant), names.values())
    if near:
        raise refusal(constant, _('{field} has no value named "{name}"; did you mean "{suggestion}"?'),
                      field=field.name, name=_text(constant), suggestion=near)
    raise refusal(constant, _('{field} has no value named "{name}"; there are {names}.'),
                  field=field.name, name=_text(constant), names=", ".join(names.values()))


def _explained(error: LiteralError, constant: Constant, wanted: Wanted) -> FilterError:
    field = wanted.field
    if field is not None:
        near = nearest(_text(constant), value_names(field).values())
        if wanted.type is T.BOOLEAN and not near:
            near = nearest(_text(constant).capitalize(), ("True", "False"))
        if near:
            return refusal(constant, _('{field} has no value named "{name}"; did you mean "{suggestion}"?'),
                           field=field.name, name=_text(constant), suggestion=near, replacement=f'"{near}"')
        names = list(value_names(field).values())
        if names and isinstance(constant, tree.Word) and not constant.text[0].isdigit():
            message = _('"{name}" is neither {noun} nor the name of a value of {field}, as "{example}" is.')
            return refusal(constant, message, name=constant.text, noun=describe(RULES[wanted.type]),
                           field=field.name, example=names[0])
    if isinstance(constant, tree.Word) and (joined := joined_by_minus(constant.text)):
        return refusal(constant, _('"{text}" is read as one word; write "{apart}".'), text=constant.text,
                       apart=joined)
    if error.args:
        return FilterError(str(error), constant.start, constant.end)
    if field is None:
        return refusal(constant, _("{constant} cannot stand for {noun} here."), constant=shown(constant),
                       noun=describe(RULES[wanted.type]))
    if isinstance(constant, tree.Text):
        message = _("{field} is {noun} and cannot be compared with the text {constant}.")
    else:
        message = _("{field} is {noun} and cannot be compared with the character {constant}.")
    return refusal(constant, message, field=field.name, noun=describe(RULES[wanted.type]),
                   constant=shown(constant))
