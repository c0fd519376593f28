"""How the parts of a filter are called in the sentences about it."""

import difflib
from collections.abc import Iterable

from tcpladder.filters import tree
from tcpladder.filters.errors import FilterError
from tcpladder.filters.literals import RULES, describe
from tcpladder.filters.plan import Operand


def refusal(place: tree.Expression | tree.Operator, message: str, **names: object) -> FilterError:
    """The error about a part of a filter; names are what the message has in braces.

    replacement, or else suggestion, is what could stand in its place.
    """
    suggestion = str(names.get("replacement", names.get("suggestion", "")))
    return FilterError(message.format(**names), place.start, place.end, suggestion)


def noun(operand: Operand) -> str:
    """What an operand is: "an IPv4 address"."""
    return describe(RULES[operand.type])


def shown(expression: tree.Expression) -> str:
    """An expression, shortened where only its core matters."""
    match expression:
        case tree.Word() | tree.FieldName():
            return expression.text
        case tree.Reference():
            return f"${{{expression.text}}}"
        case tree.Layered():
            return expression.field.text
        case tree.Text():
            return f'"{expression.value.decode("utf-8", "replace")}"'
        case tree.Character():
            return repr(chr(expression.value))
        case tree.Call():
            return f"{expression.name.text}()"
        case tree.Slice():
            return shown(expression.operand)
        case tree.Negative():
            return f"-{shown(expression.operand)}"
        case tree.Arithmetic():
            return f"{shown(expression.left)} {expression.operator} {shown(expression.right)}"


def joined_by_minus(word: str) -> str:
    """How the word is written where its "-" was meant as a minus sign, or "" where it was not."""
    left, _minus, right = word.rpartition("-")
    return f"{left} - {right}" if left and right.isdigit() and "-" not in left else ""


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """The word that was probably meant, or ""."""
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=cutoff)), "")


def nearest_field(name: str, fields: Iterable[str]) -> str:
    """The field that was probably meant, or "": the same one of another protocol, or one spelt alike."""
    known = sorted(fields)
    folded = name.casefold()
    if folded in known:
        return folded
    protocol, _dot, last = folded.rpartition(".")
    same_end = [field for field in known if field.rpartition(".")[2] == last and "." in field]
    if same_end and len(last) > 2:
        return min(same_end, key=lambda field: (not field.startswith("tcp."), len(field)))
    alike = [field for field in known if field.startswith(f"{protocol}.")]
    return nearest(folded, alike, cutoff=0.75) or nearest(folded, known, cutoff=0.75)
