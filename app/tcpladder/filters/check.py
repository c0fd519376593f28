"""Whether a filter makes sense: every name is a field, every operand has a type that its operator takes.

What a type may do is a row of ABILITIES; how its values are written is in literals.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.filters import tree
from tcpladder.filters.errors import FilterError
from tcpladder.filters.functions import FUNCTIONS, Result
from tcpladder.filters.literals import RULES, LiteralError, Value, describe
from tcpladder.filters.patterns import check_pattern
from tcpladder.filters.plan import (
    ArithmeticOperand,
    Between,
    CallOperand,
    Every,
    FieldOperand,
    LiteralOperand,
    Matches,
    NegativeOperand,
    NonZero,
    Not,
    Operand,
    Present,
    ReferenceOperand,
    Relates,
    Relation,
    SliceOperand,
    Some,
    Test,
)
from tcpladder.texts import _

_DEEPEST = 100      # operators within operators

# Kinds of types; two values can be compared where their kinds are the same.
_KINDS: Mapping[T, str] = {
    **dict.fromkeys((kind for kind in T if kind.is_integer), "number"),
    T.BOOLEAN: "number", T.ETHER: "bytes", T.BYTES: "bytes",
}
_SLICED = frozenset({T.BYTES, T.PROTOCOL, T.STRING, T.ETHER, T.EUI64, T.IPV4, T.IPV6})
_SEARCHED = frozenset({T.BYTES, T.PROTOCOL, T.STRING, T.ETHER})
_MASKED = frozenset({kind for kind in T if kind.is_integer} | {T.BYTES, T.ETHER, T.EUI64, T.IPV4, T.IPV6})
_NUMBERS = frozenset({kind for kind in T if kind.is_integer} | {T.DOUBLE})
_ARITHMETIC: Mapping[str, frozenset[T]] = {
    "+": _NUMBERS | {T.RELATIVE_TIME}, "-": _NUMBERS | {T.RELATIVE_TIME}, "*": _NUMBERS, "/": _NUMBERS,
    "%": _NUMBERS, "&": _MASKED,
}

# Operator: the relation, and whether it must hold for every pair of values.
_RELATIONS: Mapping[str, tuple[Relation, bool]] = {
    **dict.fromkeys(("==", "eq", "any_eq"), (Relation.EQUAL, False)),
    **dict.fromkeys(("===", "all_eq"), (Relation.EQUAL, True)),
    **dict.fromkeys(("!=", "ne", "all_ne"), (Relation.DIFFERENT, True)),
    **dict.fromkeys(("!==", "~=", "any_ne"), (Relation.DIFFERENT, False)),
    **dict.fromkeys((">", "gt"), (Relation.GREATER, False)),
    **dict.fromkeys((">=", "ge"), (Relation.GREATER_OR_EQUAL, False)),
    **dict.fromkeys(("<", "lt"), (Relation.LESS, False)),
    **dict.fromkeys(("<=", "le"), (Relation.LESS_OR_EQUAL, False)),
}


def check(condition: tree.Condition, fields: Mapping[str, FieldSpec]) -> Test:
    """The plan of a filter; raises FilterError where it makes no sense."""
    return _Checker(fields).test(condition)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a literal is compared with: its type, and the field whose value names it may be one of."""

    type: T
    field: FieldSpec | None


class _Checker:
    """Walks the tree; depth guards against trees too deep to walk."""

    def __init__(self, fields: Mapping[str, FieldSpec]) -> None:
        self._fields = fields
        self._depth = 0

    # Conditions

    def test(self, condition: tree.Condition) -> Test:
        match condition:
            case tree.Everything():
                return Every(())
            case tree.Opposite():
                return Not(self.test(condition.condition))
            case tree.AllOf():
                return Every(tuple(self.test(part) for part in condition.conditions))
            case tree.AnyOf():
                return Some(tuple(self.test(part) for part in condition.conditions))
            case tree.Exists():
                return self._existence(condition.operand)
            case tree.Comparison():
                return self._comparison(condition)
            case tree.Search():
                return self._search(condition)
            case tree.Membership():
                return self._membership(condition)

    def _existence(self, expression: tree.Expression) -> Test:
        match expression:
            case tree.Word() | tree.FieldName():
                return Present(self._field(expression))
            case tree.Layered() | tree.Slice():
                return Present(self._operand(expression, None))
            case tree.Arithmetic() | tree.Negative():
                return NonZero(self._left(expression))
            case tree.Call():
                self._operand(expression, None)
                message = _("What {function}() gives must be compared with something.").format(
                    function=expression.name.text)
            case tree.Reference():
                message = _("A reference to the selected frame must be compared with something.")
            case tree.Text():
                message = _("A text alone is no filter; compare a field with it.")
            case tree.Character():
                message = _("A character alone is no filter; compare a field with it.")
        raise _error(message, expression)

    def _comparison(self, condition: tree.Comparison) -> Test:
        tests = []
        for left_side, operator, right_side in zip(condition.operands, condition.operators,
                                                   condition.operands[1:], strict=False):
            relation, every = _RELATIONS[operator.text]
            if condition.quantifier:
                every = condition.quantifier == "all"
            left = self._left(left_side)
            if left.type is T.NONE:
                raise _error(_("{field} has no value; it can only be there or not.").format(
                    field=_shown(left_side)), left_side)
            left, right = self._pair(left, left_side, right_side)
            tests.append(Relates(relation, every, left, right))
        return tests[0] if len(tests) == 1 else Every(tuple(tests))

    def _search(self, condition: tree.Search) -> Test:
        left = self._left(condition.left)
        operator = "matches" if condition.operator.text in ("matches", "~") else "contains"
        if left.type not in _SEARCHED:
            raise _error(_('{field} is {noun}; "{operator}" looks into texts and sequences of bytes only.').format(
                field=_shown(condition.left), noun=_noun(left), operator=operator), condition.left)
        every = condition.quantifier == "all"
        if operator == "contains":
            if left.type is T.ETHER and isinstance(condition.right, (tree.Word, tree.Character)):
                right = self._operand(condition.right, _Wanted(T.BYTES, None))
                _require_same_kind(left, right, condition.left, condition.right)
            else:
                left, right = self._pair(left, condition.left, condition.right)
            return Relates(Relation.CONTAINS, every, left, right)
        if not isinstance(condition.right, tree.Text):
            raise _error(_('After "matches" a pattern in double quotation marks must follow.'), condition.right)
        try:
            check_pattern(condition.right.value)
        except ValueError as error:
            raise _error(_("The pattern cannot be used: {reason}.").format(reason=error),
                         condition.right) from None
        return Matches(every, left, condition.right.value)

    def _membership(self, condition: tree.Membership) -> Test:
        if not isinstance(condition.left, (tree.Word, tree.FieldName, tree.Layered)):
            raise _error(_("Only a field can be looked for in a set."), condition.left)
        left = self._operand(condition.left, None)
        if left.type is T.NONE:
            raise _error(_("{field} has no value; it can only be there or not.").format(
                field=_shown(condition.left)), condition.left)
        every = condition.quantifier == "all"
        tests: list[Test] = []
        for element in condition.elements:
            if isinstance(element, tree.Interval):
                _left, low = self._pair(left, condition.left, element.low)
                _left, high = self._pair(left, condition.left, element.high)
                tests.append(Between(every, left, low, high))
            else:
                _left, value = self._pair(left, condition.left, element)
                tests.append(Relates(Relation.EQUAL, every, left, value))
        return tests[0] if len(tests) == 1 else Some(tuple(tests))

    # Operands

    def _left(self, expression: tree.Expression) -> Operand:
        """The left side of a comparison: something that comes from the packet."""
        leftmost = expression
        while isinstance(leftmost, (tree.Arithmetic, tree.Negative)):
            leftmost = leftmost.left if isinstance(leftmost, tree.Arithmetic) else leftmost.operand
        if isinstance(leftmost, (tree.Text, tree.Character)):
            raise _error(_("A constant must stand on the right of the comparison, not on the left."), leftmost)
        if isinstance(leftmost, tree.Word) and leftmost.text not in self._fields:
            raise self._unknown_field(leftmost)
        return self._operand(expression, None)

    def _pair(self, left: Operand, left_side: tree.Expression,
              right_side: tree.Expression) -> tuple[Operand, Operand]:
        """Both operands; where one is a slice, the other becomes bytes too."""
        right = self._operand(right_side, _Wanted(left.type, self._spec_of(left)))
        if isinstance(left, SliceOperand) != isinstance(right, SliceOperand):
            left, right = _as_bytes(left, left_side), _as_bytes(right, right_side)
        _require_same_kind(left, right, left_side, right_side)
        return left, right

    def _operand(self, expression: tree.Expression, wanted: _Wanted | None) -> Operand:
        """An operand; wanted says what a literal would have to be (None: there can be no literal)."""
        self._depth += 1
        try:
            if self._depth > _DEEPEST:
                raise _error(_("The expression is nested too deep."), expression)
            return self._shallow_operand(expression, wanted)
        finally:
            self._depth -= 1

    def _shallow_operand(self, expression: tree.Expression, wanted: _Wanted | None) -> Operand:
        match expression:
            case tree.Word() if expression.text in self._fields or wanted is None:
                return self._field(expression)
            case tree.FieldName():
                return self._field(expression)
            case tree.Word() | tree.Text() | tree.Character():
                return _literal(expression, wanted)
            case tree.Reference():
                spec = self._known(expression.text, expression)
                return ReferenceOperand(spec.name, spec.type, expression.layers)
            case tree.Layered():
                spec = self._known(expression.field.text, expression.field)
                return FieldOperand(spec.name, spec.type, expression.layers)
            case tree.Slice():
                return self._slice(expression, wanted)
            case tree.Call():
                return self._call(expression, wanted)
            case tree.Negative():
                return self._negative(expression, wanted)
            case tree.Arithmetic():
                return self._arithmetic(expression, wanted)

    def _slice(self, expression: tree.Slice, wanted: _Wanted | None) -> Operand:
        if isinstance(expression.operand, (tree.Text, tree.Character, tree.Reference)):
            raise _error(_("Only a field can be sliced."), expression.operand)
        operand = self._operand(expression.operand, None)
        if operand.type not in _SLICED:
            raise _error(_("{field} is {noun} and cannot be cut into bytes.").format(
                field=_shown(expression.operand), noun=_noun(operand)), expression.operand)
        return SliceOperand(operand, expression.ranges)

    def _call(self, expression: tree.Call, wanted: _Wanted | None) -> Operand:
        name = expression.name
        function = FUNCTIONS.get(name.text)
        if function is None:
            near = difflib.get_close_matches(name.text, FUNCTIONS, n=1)
            raise _error(_('There is no function "{name}"; did you mean "{suggestion}"?').format(
                name=name.text, suggestion=near[0]) if near else
                _('There is no function "{name}"; there are {functions}.').format(
                    name=name.text, functions=", ".join(FUNCTIONS)), name)
        if not expression.arguments or (len(expression.arguments) > 1 and not function.several):
            raise _error(_("{function}() takes one argument, not {count}.").format(
                function=name.text, count=len(expression.arguments)) if not function.several else
                _("{function}() takes at least one argument.").format(function=name.text), expression)
        arguments: list[Operand] = []
        for argument in expression.arguments:
            if function.field_only and not isinstance(argument, (tree.Word, tree.FieldName, tree.Layered)):
                raise _error(_("{function}() takes a field.").format(function=name.text), argument)
            first = arguments[0] if arguments else None
            expected = _Wanted(first.type, None) if first else wanted
            operand = self._operand(argument, None if function.field_only else expected)
            if operand.type not in function.takes:
                raise _error(_("{argument} is {noun}; {function}() does not take that.").format(
                    argument=_shown(argument), noun=_noun(operand), function=name.text), argument)
            if first is not None and operand.type is not first.type:
                raise _error(_("{argument} is {noun}, but the first argument of {function}() is {first}.").format(
                    argument=_shown(argument), noun=_noun(operand), function=name.text,
                    first=_noun(first)), argument)
            arguments.append(operand)
        result = arguments[0].type if function.result is Result.SAME else function.result.type
        return CallOperand(name.text, tuple(arguments), result)

    def _negative(self, expression: tree.Negative, wanted: _Wanted | None) -> Operand:
        operand = self._operand(expression.operand, _without_names(wanted))
        if operand.type not in _ARITHMETIC["-"]:
            raise _error(_('{operand} is {noun}, which "{operator}" does not take.').format(
                operand=_shown(expression.operand), noun=_noun(operand), operator="-"), expression)
        if isinstance(operand, LiteralOperand) and not isinstance(operand.content, bytes):
            return LiteralOperand(operand.type, -operand.content)
        return NegativeOperand(operand, operand.type)

    def _arithmetic(self, expression: tree.Arithmetic, wanted: _Wanted | None) -> Operand:
        left = self._operand(expression.left, _without_names(wanted))
        able = _ARITHMETIC[expression.operator]
        right = self._operand(expression.right, _Wanted(left.type, None))
        for operand, side in ((left, expression.left), (right, expression.right)):
            if operand.type not in able or isinstance(side, (tree.Text, tree.Character)):
                raise _error(_('{operand} is {noun}, which "{operator}" does not take.').format(
                    operand=_shown(side), noun=_noun(operand), operator=expression.operator), side)
        _require_same_kind(left, right, expression.left, expression.right)
        return ArithmeticOperand(expression.operator, left, right, left.type)

    # Fields

    def _field(self, word: tree.Word | tree.FieldName) -> FieldOperand:
        spec = self._known(word.text, word)
        return FieldOperand(spec.name, spec.type)

    def _known(self, name: str, place: tree.Expression) -> FieldSpec:
        spec = self._fields.get(name)
        if spec is None:
            raise self._unknown_field(place)
        return spec

    def _spec_of(self, operand: Operand) -> FieldSpec | None:
        return self._fields[operand.name] if isinstance(operand, FieldOperand) else None

    def _unknown_field(self, place: tree.Expression) -> FilterError:
        name = _shown(place).removeprefix(".")
        if name.replace(".", "").isdigit():
            return _error(_("A constant must stand on the right of the comparison, not on the left."), place)
        suggestion = near_field(name, self._fields)
        if suggestion:
            return _error(_('There is no field "{name}"; did you mean {suggestion}?').format(
                name=name, suggestion=suggestion), place)
        return _error(_('There is no field or protocol "{name}".').format(name=name), place)


def near_field(name: str, fields: Mapping[str, FieldSpec]) -> str:
    """The field that was probably meant, or ""."""
    folded = name.casefold()
    if folded in fields:
        return folded
    near = difflib.get_close_matches(folded, fields, n=1, cutoff=0.75)
    if near:
        return near[0]
    last = folded.rpartition(".")[2]
    endings = [field for field in fields if field.rpartition(".")[2] == last and "." in field]
    return min(endings, key=len) if last and endings else ""


def _literal(expression: tree.Word | tree.Text | tree.Character, wanted: _Wanted | None) -> Operand:
    assert wanted is not None
    rule = RULES[wanted.type]
    try:
        value = _read(expression, wanted)
    except LiteralError as error:
        named = _named_value(expression, wanted.field)
        if named is None:
            raise _error(_explained(str(error), expression, wanted), expression) from None
        value = Value(named)
    del rule
    return LiteralOperand(wanted.type, value.content, value.prefix)


def _read(expression: tree.Word | tree.Text | tree.Character, wanted: _Wanted) -> Value:
    rule = RULES[wanted.type]
    match expression:
        case tree.Word():
            return rule.word(expression.text, rule)
        case tree.Text() if rule.text is not None:
            return rule.text(expression.value.decode("utf-8", "surrogateescape"), rule)
        case tree.Character() if rule.character is not None:
            return rule.character(expression.value)
    raise LiteralError


def _named_value(expression: tree.Word | tree.Text | tree.Character, field: FieldSpec | None) -> int | None:
    """The number that a name of one of the field's values stands for."""
    if field is None or isinstance(expression, tree.Character):
        return None
    text = expression.text if isinstance(expression, tree.Word) else expression.value.decode("utf-8", "replace")
    folded = text.casefold()
    if field.type is T.BOOLEAN:
        names = {1: field.true, 0: field.false}
        if (field.true, field.false) == ("True", "False"):
            return None     # True and False are written without quotation marks, which has been tried
    else:
        names = dict(field.names or {})
    return next((number for number, name in names.items() if name.casefold() == folded), None)


def _explained(reason: str, expression: tree.Expression, wanted: _Wanted) -> str:
    """What the literal's type says, or that the two cannot be compared at all."""
    field = wanted.field
    if field is not None and (field.names or field.type is T.BOOLEAN):
        names = [field.true, field.false] if field.type is T.BOOLEAN else list((field.names or {}).values())
        text = _shown(expression).strip('"')
        near = difflib.get_close_matches(text, names, n=1)
        if near:
            return _('{field} has no value named "{name}"; did you mean "{suggestion}"?').format(
                field=field.name, name=text, suggestion=near[0])
    if reason:
        return reason
    return _("{field} is {noun} and cannot be compared with {literal}.").format(
        field=field.name if field else _("What stands on the left"), noun=describe(RULES[wanted.type]),
        literal=_kind_of(expression))


def _kind_of(expression: tree.Expression) -> str:
    if isinstance(expression, tree.Text):
        return _("the text {text}").format(text=_shown(expression))
    return _("the character {character}").format(character=_shown(expression))


def _without_names(wanted: _Wanted | None) -> _Wanted | None:
    return None if wanted is None else _Wanted(wanted.type, None)


def _as_bytes(operand: Operand, place: tree.Expression) -> Operand:
    """The operand as bytes, to be compared with a slice."""
    if operand.type is T.BYTES:
        return operand
    if operand.type not in _SLICED:
        raise _error(_("{field} is {noun} and cannot be compared with bytes.").format(
            field=_shown(place), noun=_noun(operand)), place)
    return SliceOperand(operand, (tree.Range(0),))


def _require_same_kind(left: Operand, right: Operand, left_side: tree.Expression,
                       right_side: tree.Expression) -> None:
    if _KINDS.get(left.type, left.type.value) == _KINDS.get(right.type, right.type.value):
        return
    raise _error(_("{left} is {left_noun} and cannot be compared with {right}, which is {right_noun}.").format(
        left=_shown(left_side), left_noun=_noun(left), right=_shown(right_side), right_noun=_noun(right)),
        right_side)


def _noun(operand: Operand) -> str:
    return describe(RULES[operand.type])


def _shown(expression: tree.Expression) -> str:
    """A name for an operand in a sentence."""
    match expression:
        case tree.Word() | tree.Reference():
            return expression.text
        case tree.FieldName():
            return f".{expression.text}"
        case tree.Layered():
            return expression.field.text
        case tree.Text():
            return f'"{expression.value.decode("utf-8", "replace")}"'
        case tree.Character():
            return repr(chr(expression.value))
        case tree.Call():
            return f"{expression.name.text}()"
        case tree.Slice():
            return _shown(expression.operand)
        case tree.Negative():
            return f"-{_shown(expression.operand)}"
        case tree.Arithmetic():
            return f"{_shown(expression.left)} {expression.operator} {_shown(expression.right)}"


def _error(message: str, place: tree.Expression | tree.Operator) -> FilterError:
    return FilterError(message, place.start, place.end)
