package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

const sums = "published/SHA256SUMS"

func published(version string) string { return "published/" + version + ".json" }

// older checks that a replaced version still says what was published: the published bytes by their digest, and the source by the
// meaning of the bytes. It does not check the source against the schema, because the types may have grown since.
func older(dir fs.FS, name string, digests map[string]string) (*policy.Policy, []byte, error) {
	version := strings.TrimSuffix(path.Base(name), ".yaml")
	text, err := fs.ReadFile(dir, published(version))
	if err != nil {
		return nil, nil, errors.New("this version was never published but is not the newest: give it the latest date")
	}
	if digest(text) != digests[version] {
		return nil, nil, errors.New("the published bytes have changed; restore them and write a new version instead (promise A02)")
	}
	var was, is policy.Policy
	source, err := sourceJSON(dir, name)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(json.Unmarshal(text, &was), json.Unmarshal(source, &is)); err != nil {
		return nil, nil, err
	}
	if normal(was) != normal(is) {
		return nil, nil, errors.New("this version is published and must not change; write a new version instead (promise A02)")
	}
	return &was, text, nil
}

// normal encodes a policy so that an absent list and an empty one look the same.
func normal(p policy.Policy) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // every value of the types can be encoded
	}
	return strings.ReplaceAll(string(text), ":null", ":[]")
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// readSums reads the committed digests by version. A first run has none.
func readSums(dir fs.FS) (map[string]string, error) {
	text, err := fs.ReadFile(dir, sums)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	digests := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			return nil, errors.New(sums + " is not in the form of sha256sum")
		}
		digests[strings.TrimSuffix(name, ".json")] = sum
	}
	return digests, err
}

// writeSums writes the digests in the form that sha256sum --check reads, newest first.
func writeSums(list policy.History) []byte {
	var b bytes.Buffer
	for _, p := range list {
		fmt.Fprintf(&b, "%s  %s.json\n", p.SHA256, p.Version)
	}
	return b.Bytes()
}
