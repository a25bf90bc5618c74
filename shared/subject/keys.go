package subject

import (
	"bytes"
	"errors"
)

// Keys are the keys in one secret, newest first. The first is in use; the others are retired.
type Keys []Key

// UnmarshalText reads a secret's value, in which spaces separate the keys. A value without a key is an error, because an HMAC with
// an empty key protects nothing.
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

// Retired returns the keys that were in use before. They verify only what must outlive a rotation.
func (k Keys) Retired() []Key { return k[1:] }
