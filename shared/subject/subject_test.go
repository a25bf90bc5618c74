package subject

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

// T11: a token is 32 random bytes, each bit is set about half of the time, and no two tokens are equal.
func TestThreat_T11_TokensAre256RandomBits(t *testing.T) {
	const n = 4000
	seen := map[Token]bool{}
	var ones [256]int
	for range n {
		token := NewToken()
		raw, err := base64.RawURLEncoding.DecodeString(string(token))
		if err != nil || len(token) != 43 || len(raw) != 32 || seen[token] {
			t.Fatalf("%d characters, %d bytes, %v, a repetition: %t", len(token), len(raw), err, seen[token])
		}
		seen[token] = true
		for bit := range ones {
			ones[bit] += int(raw[bit/8] >> (bit % 8) & 1)
		}
	}
	for bit, count := range ones {
		if count < n*2/5 || count > n*3/5 { // twelve standard deviations
			t.Errorf("bit %d is one in %d of %d", bit, count, n)
		}
	}
}

func TestIDsAreRandom(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := string(NewID())
		if raw, err := base64.RawURLEncoding.DecodeString(id); err != nil || len(raw) != 16 || seen[id] {
			t.Fatalf("%q: %v, a repetition: %t", id, err, seen[id])
		}
		seen[id] = true
	}
}

// The stored hash of a token opens one use of one thing under one key (threats T06, T11).
func TestThreat_T11_AHashIsBound(t *testing.T) {
	k, token := Key("a key"), NewToken()
	stored := token.Hash(k, "verify", "id")
	if !Same(stored, token.Hash(k, "verify", "id")) {
		t.Error("the right token does not open")
	}
	for name, other := range map[string][]byte{
		"another token": NewToken().Hash(k, "verify", "id"), "another use": token.Hash(k, "status", "id"), "another id": token.Hash(k, "verify", "di"),
		"another key": token.Hash(Key("b key"), "verify", "id"), "part of it": stored[:31], "more of it": append(bytes.Clone(stored), 0), "nothing": nil,
	} {
		if Same(stored, other) || Same(other, stored) {
			t.Errorf("%s opens", name)
		}
	}
	if Same(nil, nil) || Same([]byte{}, []byte{}) {
		t.Error("nothing opens what has no hash")
	}
	if strings.Contains(string(stored), string(token)) {
		t.Error("the token is stored")
	}
}

// Hashes for different uses of a key differ, and so do hashes of different lists of parts with the same bytes.
func TestMACSeparates(t *testing.T) {
	k := Key("a key")
	seen := map[string][]string{}
	for _, list := range [][]string{
		{"use"}, {"use", ""}, {"use", "", ""}, {"", "use"}, {"use", "ab", "c"}, {"use", "a", "bc"}, {"use", "abc"}, {"usea", "bc"}, {"use", "a", "b", "c"},
		{"use", "\x00\x01a"}, {"use", strings.Repeat("a", 256)}, {"use", strings.Repeat("a", 257)}, {"use", strings.Repeat("a", 255), "a"}, {"Use", "abc"},
	} {
		mac := string(k.MAC(list[0], list[1:]...))
		if other, twice := seen[mac]; twice || len(mac) != 32 {
			t.Errorf("%.20q is %.20q", list, other)
		}
		seen[mac] = list
	}
}

func TestAliasHidesTheAddress(t *testing.T) {
	k, a := Key("a key"), Address{Lookup: "anna@example.org", Spelling: "Anna@example.org"}
	alias := k.Alias(a)
	if version, hash, _ := strings.Cut(strings.TrimPrefix(alias, "i#"), "#"); !strings.HasPrefix(alias, "i#") || version != "1" || len(hash) != 43 || strings.Contains(alias, "anna") {
		t.Errorf("the alias is %q", alias)
	}
	if k.Alias(Address{Lookup: a.Lookup}) != alias {
		t.Error("another spelling is another alias")
	}
	if Key("b key").Alias(a) == alias || k.Alias(Address{Lookup: "anna@example.com"}) == alias || strings.HasSuffix(alias, k.Client(a.Lookup)) {
		t.Error("an alias is shared")
	}
}

// A mailbox is the same for each spelling of an address. Without the key, nobody can match it with the alias of the same address.
func TestMailbox(t *testing.T) {
	k, a := Key("a key"), Address{Lookup: "anna@example.com", Spelling: "Anna@Example.com"}
	mailbox := k.Mailbox(a)
	if len(mailbox) != 43 || mailbox != k.Mailbox(Address{Lookup: a.Lookup}) {
		t.Errorf("the mailbox is %q", mailbox)
	}
	if mailbox == k.Mailbox(Address{Lookup: "ann@example.com"}) || mailbox == Key("b key").Mailbox(a) || strings.HasSuffix(k.Alias(a), mailbox) || mailbox == k.Client(a.Lookup) {
		t.Error("a mailbox is shared")
	}
}

// T09, T21: a client is the same client with whichever of its addresses it calls, and is never taken for another client.
func TestThreat_T09_AClientIsItsNetwork(t *testing.T) {
	k := Key("a key")
	for _, same := range [][]string{
		{"2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:DB8::1", "2001:0db8:0000:0000::0001", "2001:db8::203.0.113.9"},
		{"203.0.113.9", "::ffff:203.0.113.9", "::FFFF:cb00:7109"},
		{"not an address", "not an address"},
	} {
		for _, ip := range same {
			if k.Client(ip) != k.Client(same[0]) {
				t.Errorf("%s is not %s", ip, same[0])
			}
		}
	}
	seen := map[string]string{}
	for _, ip := range []string{"2001:db8::1", "2001:db8:0:1::1", "2001:db8:1::1", "203.0.113.9", "203.0.113.10", "::cb00:7109", "", "not an address"} {
		client := k.Client(ip)
		if other, twice := seen[client]; twice || strings.Contains(client, "203") {
			t.Errorf("%q is %q", ip, other)
		}
		seen[client] = ip
	}
	if k.Client("203.0.113.9") == Key("b key").Client("203.0.113.9") {
		t.Error("the key makes no difference")
	}
}
