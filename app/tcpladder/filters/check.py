"""Whether a filter makes sense: every name is a field, every operand has a type that its operator takes.

What the types can do, and how their values are written, is in literals.py.
"""

from collections.abc import Mapping

from tcpladder.fields.spec import FieldSpec
from tcpladder.fields.types import FieldType as T
from tcpladder.filters import tree
from tcpladder.filters.constants import Wanted, read_constant
from tcpladder.filters.functions import FUNCTIONS, Function
from tcpladder.filters.literals import RULES
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
from tcpladder.filters.wording import joined_by_minus, nearest, nearest_field, noun, refusal, shown
from tcpladder.texts import _

_DEEPEST_OPERAND = 100      # operators within operators

# The relation that an operator asks for, and whether every pair of values must stand in it.
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


def check(condition: tree.Condition, fields: Mapping[str, FieldSpec]) -> tuple[Test, frozenset[str]]:
    """The plan of a filter and the fields that it names; raises FilterError where it makes no sense."""
    checker = _Checker(fields)
    return checker.test(condition), frozenset(checker.named)


class _Checker:
    """Walks the tree of a filter once."""

    def __init__(self, fields: Mapping[str, FieldSpec]) -> None:
        self._fields = fields
        self._depth = 0
        self.named: set[str] = set()

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
            case tree.Word() | tree.FieldName() | tree.Layered() | tree.Slice():
                return Present(self._operand(expression, None))
            case tree.Arithmetic() | tree.Negative():
                return NonZero(self._left(expression))
            case tree.Call():
                self._operand(expression, None)
                raise refusal(expression, _("What {function}() gives must be compared with something."),
                              function=expression.name.text)
            case tree.Reference() | tree.Text() | tree.Character():
                raise refusal(expression, _("{constant} alone is no filter; compare a field with it."),
                              constant=shown(expression))

    def _comparison(self, condition: tree.Comparison) -> Test:
        tests: list[Test] = []
        sides = zip(condition.operands, condition.operators, condition.operands[1:], strict=False)
        for left_side, operator, right_side in sides:
            relation, every = _RELATIONS[operator.text]
            if condition.quantifier:
                every = condition.quantifier == "all"
            left, right = self._pair(self._left(left_side), left_side, right_side)
            tests.append(Relates(relation, every, left, right))
        return tests[0] if len(tests) == 1 else Every(tuple(tests))

    def _search(self, condition: tree.Search) -> Test:
        left = self._left(condition.left)
        operator = "contains" if condition.operator.text == "contains" else "matches"
        if not RULES[left.type].searched:
            message = _('{field} is {noun}; "{operator}" looks only into texts and sequences of bytes.')
            raise refusal(condition.left, message, field=shown(condition.left), noun=noun(left), operator=operator)
        every = condition.quantifier == "all"
        if operator == "matches":
            pattern = _pattern(condition.right)
            return Matches(every, left, pattern, condition.right.start, condition.right.end)
        if left.type is T.ETHER and isinstance(condition.right, (tree.Word, tree.Character)):
            right = self._operand(condition.right, Wanted(T.BYTES))     # a part of an address will do
            _require_same_kind(left, right, condition.left, condition.right)
        else:
            left, right = self._pair(left, condition.left, condition.right, whole=False)
        return Relates(Relation.CONTAINS, every, left, right)

    def _membership(self, condition: tree.Membership) -> Test:
        if not isinstance(condition.left, (tree.Word, tree.FieldName, tree.Layered)):
            raise refusal(condition.left, _("Only a field can be looked for in a set."))
        left = self._operand(condition.left, None)
        every = condition.quantifier == "all"
        tests: list[Test] = []
        for element in condition.elements:
            if isinstance(element, tree.Interval):
                _same, low = self._pair(left, condition.left, element.low)
                _same, high = self._pair(left, condition.left, element.high)
                tests.append(Between(every, left, low, high))
            else:
                _same, value = self._pair(left, condition.left, element)
                tests.append(Relates(Relation.EQUAL, every, left, value))
        return tests[0] if len(tests) == 1 else Some(tuple(tests))

    # Operands

    def _left(self, expression: tree.Expression) -> Operand:
        """The left side of a comparison: something that comes from the packet."""
        leftmost = expression
        while isinstance(leftmost, (tree.Arithmetic, tree.Negative)):
            leftmost = leftmost.left if isinstance(leftmost, tree.Arithmetic) else leftmost.operand
        if isinstance(leftmost, (tree.Text, tree.Character)):
            raise refusal(leftmost, _("A constant must stand on the right of a comparison."))
        return self._operand(expression, None)

    def _pair(self, left: Operand, left_side: tree.Expression, right_side: tree.Expression,
              whole: bool = True) -> tuple[Operand, Operand]:
        """Both sides of a comparison; where one is a slice, the other becomes bytes too.

        whole: a constant is a whole value, and may be the name of one.
        """
        if left.type is T.NONE:
            raise refusal(left_side, _("{field} has no value; it can only be there or not."),
                          field=shown(left_side))
        field = self._fields[left.name] if whole and isinstance(left, FieldOperand) else None
        right = self._operand(right_side, Wanted(left.type, field))
        if isinstance(left, SliceOperand) != isinstance(right, SliceOperand):
            left, right = _as_bytes(left, left_side), _as_bytes(right, right_side)
        _require_same_kind(left, right, left_side, right_side)
        return left, right

    def _operand(self, expression: tree.Expression, wanted: Wanted | None) -> Operand:
        """An operand; wanted is what a constant would have to be (None: it must be a field)."""
        if self._depth >= _DEEPEST_OPERAND:
            raise refusal(expression, _("The expression is nested too deep."))
        self._depth += 1
        operand = self._operand_within_depth(expression, wanted)
        self._depth -= 1
        return operand

    def _operand_within_depth(self, expression: tree.Expression, wanted: Wanted | None) -> Operand:
        match expression:
            case tree.Word() if wanted is None or expression.text in self._fields:
                spec = self._field(expression)
                return FieldOperand(spec.name, spec.type)
            case tree.FieldName():
                spec = self._field(expression)
                return FieldOperand(spec.name, spec.type)
            case tree.Word() | tree.Text() | tree.Character():
                if wanted is None:
                    raise refusal(expression, _("{constant} stands where a field should."),
                                  constant=shown(expression))
                return read_constant(expression, wanted)
            case tree.Reference():
                spec = self._field(expression)
                return ReferenceOperand(spec.name, spec.type, expression.layers)
            case tree.Layered():
                spec = self._field(expression.field)
                return FieldOperand(spec.name, spec.type, expression.layers)
            case tree.Slice():
                return self._slice(expression)
            case tree.Call():
                return self._call(expression, wanted)
            case tree.Negative():
                return self._negative(expression, wanted)
            case tree.Arithmetic():
                return self._arithmetic(expression, wanted)

    def _field(self, place: tree.Word | tree.FieldName | tree.Reference) -> FieldSpec:
        spec = self._fields.get(place.text)
        if spec is not None:
            self.named.add(spec.name)
            return spec
        if place.text[0].isdigit():
            raise refusal(place, _("A constant must stand on the right of a comparison."))
        apart = joined_by_minus(place.text)
        if apart.partition(" ")[0] in self._fields:
            raise refusal(place, _('"{text}" is read as one word; write "{apart}".'), text=place.text, apart=apart)
        suggestion = nearest_field(place.text, self._fields)
        if suggestion:
            raise refusal(place, _('There is no field "{name}"; did you mean {suggestion}?'),
                          name=place.text, suggestion=suggestion)
        raise refusal(place, _('There is no field or protocol "{name}".'), name=place.text)

    def _slice(self, expression: tree.Slice) -> Operand:
        if isinstance(expression.operand, (tree.Text, tree.Character, tree.Reference)):
            raise refusal(expression.operand, _("Only a field can be cut into bytes."))
        operand = self._operand(expression.operand, None)
        return SliceOperand(_sliceable(operand, expression.operand), expression.ranges)

    def _call(self, expression: tree.Call, wanted: Wanted | None) -> Operand:
        function = _function(expression)
        arguments: list[Operand] = []
        for place in expression.arguments:
            expected = Wanted(arguments[0].type) if arguments else wanted
            argument = self._argument(expression, function, place, expected)
            if arguments and argument.type is not arguments[0].type:
                message = _("{argument} is {noun}, but the first argument of {function}() is {first}.")
                raise refusal(place, message, argument=shown(place), noun=noun(argument),
                              function=expression.name.text, first=noun(arguments[0]))
            arguments.append(argument)
        return CallOperand(expression.name.text, tuple(arguments), function.result or arguments[0].type)

    def _argument(self, call: tree.Call, function: Function, place: tree.Expression,
                  expected: Wanted | None) -> Operand:
        if function.field_only and not isinstance(place, (tree.Word, tree.FieldName, tree.Layered)):
            raise refusal(place, _("{function}() takes a field."), function=call.name.text)
        argument = self._operand(place, None if function.field_only else expected)
        if argument.type not in function.takes:
            raise refusal(place, _("{argument} is {noun}, which {function}() does not take."),
                          argument=shown(place), noun=noun(argument), function=call.name.text)
        return argument

    def _negative(self, expression: tree.Negative, wanted: Wanted | None) -> Operand:
        operand = self._operand(expression.operand, _without_names(wanted))
        _require_ability("-", operand, expression.operand)
        if isinstance(operand, LiteralOperand) and not isinstance(operand.content, bytes):
            return LiteralOperand(operand.type, -operand.content)
        return NegativeOperand(operand, operand.type)

    def _arithmetic(self, expression: tree.Arithmetic, wanted: Wanted | None) -> Operand:
        left = self._operand(expression.left, _without_names(wanted))
        _require_ability(expression.operator, left, expression.left)
        if isinstance(expression.right, (tree.Text, tree.Character)):
            raise refusal(expression.right, _("{constant} is not a number to calculate with."),
                          constant=shown(expression.right))
        right = self._operand(expression.right, Wanted(left.type))
        _require_ability(expression.operator, right, expression.right)
        _require_same_kind(left, right, expression.left, expression.right)
        return ArithmeticOperand(expression.operator, left, right, left.type)


def _pattern(place: tree.Expression) -> bytes:
    """The pattern after "matches"."""
    if not isinstance(place, tree.Text):
        raise refusal(place, _('After "matches" a pattern in double quotation marks must follow.'))
    try:
        check_pattern(place.value)
    except ValueError as error:
        raise refusal(place, _("The pattern cannot be used: {reason}."), reason=error) from None
    return place.value


def _function(call: tree.Call) -> Function:
    """The function that is called, with the right number of arguments."""
    name = call.name.text
    function = FUNCTIONS.get(name)
    if function is None:
        near = nearest(name.lower(), FUNCTIONS)
        if near:
            raise refusal(call.name, _('There is no function "{name}"; did you mean "{suggestion}"?'),
                          name=name, suggestion=near)
        raise refusal(call.name, _('There is no function "{name}"; there are {functions}.'), name=name,
                      functions=", ".join(FUNCTIONS))
    if not call.arguments:
        raise refusal(call, _("{function}() needs an argument."), function=name)
    if len(call.arguments) > 1 and not function.several:
        raise refusal(call.arguments[1], _("{function}() takes one argument, not {count}."), function=name,
                      count=len(call.arguments))
    return function


def _without_names(wanted: Wanted | None) -> Wanted | None:
    """In arithmetic a value goes by its number only."""
    return None if wanted is None else Wanted(wanted.type)


def _as_bytes(operand: Operand, place: tree.Expression) -> Operand:
    """The operand as bytes, to be compared with a slice."""
    if operand.type is T.BYTES:
        return operand
    return SliceOperand(_sliceable(operand, place), (tree.Range(0),))


def _sliceable(operand: Operand, place: tree.Expression) -> Operand:
    if not RULES[operand.type].sliced:
        raise refusal(place, _("{field} is {noun} and not a sequence of bytes."), field=shown(place),
                      noun=noun(operand))
    return operand


def _require_ability(operator: str, operand: Operand, place: tree.Expression) -> None:
    if operator not in RULES[operand.type].operators:
        raise refusal(place, _('{operand} is {noun}, which "{operator}" does not take.'), operand=shown(place),
                      noun=noun(operand), operator=operator)


def _require_same_kind(left: Operand, right: Operand, left_side: tree.Expression,
                       right_side: tree.Expression) -> None:
    # Wireshark compares a number with a yes-or-no value, but not the other way round.
    is_lopsided = left.type is T.BOOLEAN and right.type is not T.BOOLEAN
    if is_lopsided or (RULES[left.type].kind or left.type) != (RULES[right.type].kind or right.type):
        message = _("{left} is {left_noun} and cannot be compared with {right}, which is {right_noun}.")
        raise refusal(right_side, message, left=shown(left_side), left_noun=noun(left),
                      right=shown(right_side), right_noun=noun(right))
