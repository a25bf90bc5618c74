package subject

import (
	"bytes"
	"errors"
)

// Keys are the keys that a secret holds, newest first. The first is in use; the others are retired.
type Keys []Key

// UnmarshalText reads a secret's value, in which spaces stand between keys. One without a key is an error: an HMAC under an empty key is
// no secret.
func (k *Keys) UnmarshalText(text []byte) error {
	*k = nil
	for _, key := range bytes.Fields(text) {
		*k = append(*k, Key(key))
	}
	if len(*k) == 0 {
		return errors.New("subject: a secret without a key")
	}
	return nil
}

// Current returns the key in use.
func (k Keys) Current() Key { return k[0] }

// Retired returns the keys that were in use before, which vouch for nothing but what must outlive a rotation.
func (k Keys) Retired() []Key { return k[1:] }
