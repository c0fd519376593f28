"""The types that a field can have, under Wireshark's names (wireshark-filter(4), section TYPES)."""

from enum import Enum


class FieldType(Enum):
    """A field's type: what its value is, how it is compared and how it is shown."""

    NONE = "FT_NONE"
    PROTOCOL = "FT_PROTOCOL"
    BOOLEAN = "FT_BOOLEAN"
    CHAR = "FT_CHAR"
    UINT8 = "FT_UINT8"
    UINT16 = "FT_UINT16"
    UINT24 = "FT_UINT24"
    UINT32 = "FT_UINT32"
    UINT48 = "FT_UINT48"
    UINT64 = "FT_UINT64"
    INT8 = "FT_INT8"
    INT16 = "FT_INT16"
    INT32 = "FT_INT32"
    INT64 = "FT_INT64"
    DOUBLE = "FT_DOUBLE"
    ETHER = "FT_ETHER"
    EUI64 = "FT_EUI64"
    IPV4 = "FT_IPv4"
    IPV6 = "FT_IPv6"
    BYTES = "FT_BYTES"
    STRING = "FT_STRING"
    FRAMENUM = "FT_FRAMENUM"
    ABSOLUTE_TIME = "FT_ABSOLUTE_TIME"
    RELATIVE_TIME = "FT_RELATIVE_TIME"
    ADDRESS = "address"     # not Wireshark's: IPv6, or IPv4 mapped into it (RFC 4291 section 2.5.5.2)

    __hash__ = object.__hash__      # a member is one object; Enum would hash its name anew each time

    @property
    def width(self) -> int | None:
        """Bytes of a value on the wire, or None if the type does not say."""
        return _WIDTHS.get(self)

    @property
    def is_unsigned(self) -> bool:
        """An unsigned number, frame numbers included."""
        return self in _UNSIGNED

    @property
    def is_signed(self) -> bool:
        """A number in two's complement."""
        return self in _SIGNED

    @property
    def is_integer(self) -> bool:
        """A whole number, signed or not; a boolean is none."""
        return self in _UNSIGNED or self in _SIGNED

    @property
    def is_address(self) -> bool:
        """An address of fixed width, held as its bytes."""
        return self in _ADDRESSES


_SIGNED = frozenset({FieldType.INT8, FieldType.INT16, FieldType.INT32, FieldType.INT64})
_UNSIGNED = frozenset({
    FieldType.CHAR, FieldType.UINT8, FieldType.UINT16, FieldType.UINT24, FieldType.UINT32,
    FieldType.UINT48, FieldType.UINT64, FieldType.FRAMENUM,
})
_ADDRESSES = frozenset({FieldType.ETHER, FieldType.EUI64, FieldType.IPV4, FieldType.IPV6, FieldType.ADDRESS})
_WIDTHS = {
    FieldType.CHAR: 1, FieldType.BOOLEAN: 1, FieldType.UINT8: 1, FieldType.INT8: 1,
    FieldType.UINT16: 2, FieldType.INT16: 2, FieldType.UINT24: 3,
    FieldType.UINT32: 4, FieldType.INT32: 4, FieldType.FRAMENUM: 4, FieldType.IPV4: 4,
    FieldType.UINT48: 6, FieldType.ETHER: 6,
    FieldType.UINT64: 8, FieldType.INT64: 8, FieldType.EUI64: 8, FieldType.DOUBLE: 8, FieldType.IPV6: 16,
    FieldType.ADDRESS: 16,
}
