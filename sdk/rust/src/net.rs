//! Addresses that everybody on the internet means the same by. What a stranger names (a webhook, an artifact) is sought at
//! no others: through us nobody must reach what only we can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const fn v4(a: u8, b: u8, c: u8, length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), length)
}

const fn v6(a: u16, b: u16, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

/// IANA's special-purpose registry, multicast, and what clouds put where their machines find it.
const NOT_GLOBAL_V4: [Ipv4Net; 18] = [
    v4(0, 0, 0, 8),       // this network, unspecified
    v4(10, 0, 0, 8),      // private
    v4(100, 64, 0, 10),   // carrier-grade NAT; Alibaba's metadata
    v4(127, 0, 0, 8),     // loopback
    v4(169, 254, 0, 16),  // link-local; the metadata of most clouds
    v4(172, 16, 0, 12),   // private
    v4(192, 0, 0, 24),    // protocol assignments; Oracle's metadata
    v4(192, 0, 2, 24),    // documentation
    v4(192, 31, 196, 24), // AS112
    v4(192, 52, 193, 24), // AMT
    v4(192, 88, 99, 24),  // 6to4 relays
    v4(192, 168, 0, 16),  // private
    v4(192, 175, 48, 24), // AS112
    v4(198, 18, 0, 15),   // benchmarks
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
    v4(224, 0, 0, 4),     // multicast
    v4(240, 0, 0, 4),     // reserved, broadcast
];
/// Azure's metadata and DNS, which is a public address by looks alone.
const AZURE: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// All of IPv6 that is global unicast. Not in it: loopback, unspecified, unique local (with the metadata of AWS and
/// Google), link-local, multicast, v4-mapped and -compatible, NAT64.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);
/// What of it is special.
const NOT_GLOBAL_V6: [Ipv6Net; 5] = [
    v6(0x2001, 0, 23),     // protocol assignments: Teredo, ORCHID, benchmarks
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2002, 0, 16),     // 6to4: any v4 address inside
    v6(0x2620, 0x4f, 32),  // AS112, and its neighbours
    v6(0x3fff, 0, 20),     // documentation
];

/// Whether it is a public unicast address.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NOT_GLOBAL_V4.iter().any(|net| net.contains(&address)) && address != AZURE,
        IpAddr::V6(address) => GLOBAL_V6.contains(&address) && !NOT_GLOBAL_V6.iter().any(|net| net.contains(&address)),
    }
}

/// Whether it is in one of these.
pub fn is_in(nets: &[IpNet], address: IpAddr) -> bool {
    nets.iter().any(|net| net.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_global() {
        let global = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "168.63.129.17",
            "2606:4700::1111",
            "2a00:1450::1",
            "2400:cb00::1",
        ];
        for address in global {
            assert!(is_global(address.parse().unwrap()), "{address}");
        }
        let not = [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:4136:e378::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a9fe:a9fe::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in not {
            assert!(!is_global(address.parse().unwrap()), "{address}");
        }
    }
}
