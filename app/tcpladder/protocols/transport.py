"""What TCP and UDP have in common."""

from tcpladder.fields.expression import QUOTED, optional

# 1 where the IP packet is all there: its length says nothing in a fragment, nor in the copy in an ICMP error.
WHOLE_PACKET = (QUOTED.equals(0) & optional("ip.flags.mf", 0).equals(0) & optional("ip.frag_offset", 0).equals(0)
                & optional("ipv6.fraghdr.more", 0).equals(0))
