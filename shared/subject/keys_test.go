package subject

import (
	"slices"
	"testing"
)

func TestKeysOfASecret(t *testing.T) {
	for value, want := range map[string][]string{
		"one": {"one"}, "new old": {"new", "old"}, " new  old\tolder\n": {"new", "old", "older"},
	} {
		keys := Keys{Key("left over")}
		if err := keys.UnmarshalText([]byte(value)); err != nil || len(keys) != len(want) {
			t.Fatalf("%q: %d keys, %v", value, len(keys), err)
		}
		if string(keys.Current()) != want[0] || !slices.EqualFunc(keys.Retired(), want[1:], func(k Key, s string) bool { return string(k) == s }) {
			t.Errorf("%q: %s is in use, %s are retired", value, keys.Current(), keys.Retired())
		}
	}
	for _, value := range []string{"", " ", "\n"} {
		var keys Keys
		if err := keys.UnmarshalText([]byte(value)); err == nil {
			t.Errorf("%q is a secret", value)
		}
	}
}
