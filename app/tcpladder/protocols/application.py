"""What the transport carries, where nothing more is known of it."""

from tcpladder.fields.expression import LENGTH
from tcpladder.fields.spec import REST, FieldSpec, ProtocolSpec
from tcpladder.fields.types import FieldType as T

DATA = ProtocolSpec(
    name="data", label="Data", default_next="", text=lambda node: f"Data ({node.size} byte{'s'[node.size == 1:]})",
    elements=(
        FieldSpec(name="data.data", label="Data", type=T.BYTES, size=REST),
        FieldSpec(name="data.len", label="Length", type=T.INT32, value=LENGTH, generated=True),
    ),
)
