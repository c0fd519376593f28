"""What may be said of any step: its window, SACK blocks, that it was lost, that roles are assumed."""

from collections.abc import Iterator

from tcpladder.tcp.connection import RST, SHIFT_NOT_AGREED, SHIFT_UNKNOWN, SYN, Kind, Step
from tcpladder.tcp.explanations.story import Story
from tcpladder.tcp.spans import count_text
from tcpladder.texts import _


def remarks(story: Story) -> Iterator[str]:
    step = story.step
    yield from _selective(step)
    yield from _window(story)
    if step.lost:
        yield _("This segment did not arrive: the capture shows that the {receiver} never answered it, and it was sent "
                "again or given up. The {receiver}'s state does not change.").format(receiver=story.receiver)
    if not story.connection.roles_seen:
        yield _("The handshake was not captured: who is client and who is server is assumed, and numbers are counted "
                "from the first segment seen.")


def _window(story: Story) -> Iterator[str]:
    step = story.step
    if step.flags & (SYN | RST) or step.kind is Kind.ZERO_WINDOW:
        return
    raw = count_text(step.window_raw)
    if step.window_shift == SHIFT_UNKNOWN or step.window is None:
        yield _("Window: raw {raw} × 2ⁿ. n was said in the handshake, which was not captured.").format(raw=raw)
    elif step.window_shift == SHIFT_NOT_AGREED:
        yield _("Window: {raw} bytes; no scaling was agreed.").format(raw=raw)
    elif step.window_shift:
        yield _("Window: raw {raw} × 2^{shift} = {window} bytes that the {sender} is ready to take.").format(
            raw=raw, shift=step.window_shift, window=count_text(step.window), sender=story.sender)
    else:
        yield _("Window: {raw} bytes that the {sender} is ready to take.").format(raw=raw, sender=story.sender)


def _selective(step: Step) -> Iterator[str]:
    left = [option.removeprefix("SLE=") for option in step.options if option.startswith("SLE=")]
    right = [option.removeprefix("SRE=") for option in step.options if option.startswith("SRE=")]
    for begin, end in zip(left, right, strict=False):
        if not (begin.isdigit() and end.isdigit()):
            continue
        first, after = int(begin), int(end)
        if step.ack is not None and first < step.ack:
            yield _("D-SACK: bytes {first}–{last} arrived twice (RFC 2883).").format(first=first, last=after - 1)
        else:
            yield _("SACK: bytes {first}–{last} have arrived beyond the gap (RFC 2018).").format(first=first,
                                                                                              last=after - 1)
