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
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// file is an output file, named relative to shared/policy.
type file struct {
	name string
	data []byte
}

const sums = "published/SHA256SUMS"

// compile checks every version in dir and returns the files to write. The same input always gives the same files.
func compile(dir fs.FS) ([]file, error) {
	names, err := fs.Glob(dir, "versions/*.yaml")
	if err != nil || len(names) == 0 {
		return nil, errors.Join(err, errors.New("versions/ holds no policy"))
	}
	slices.Sort(names) // version names are dates, so this is their order of publication
	digests, err := readSums(dir)
	if err != nil {
		return nil, err
	}
	var texts [][]byte
	var all []*policy.Policy
	for _, name := range names[:len(names)-1] {
		p, text, err := older(dir, name, digests)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		texts, all = append(texts, text), append(all, p)
	}
	newest, text, err := newest(dir, names[len(names)-1])
	if err != nil {
		return nil, err
	}
	if n := len(all); n > 0 && all[n-1].LastUpdated >= newest.LastUpdated {
		return nil, fmt.Errorf("%s: lastUpdated is not later than that of the previous version (promise K01)", names[n])
	}
	texts, all = append(texts, text), append(all, newest)
	slices.Reverse(texts)
	slices.Reverse(all)
	list, inUse, err := history(all, texts)
	if err != nil {
		return nil, err
	}
	literal, err := literal(inUse, list, terms(all))
	if err != nil {
		return nil, err
	}
	return []file{
		{published(newest.Version), text},
		{sums, writeSums(list)},
		{"policy_gen.go", literal},
	}, nil
}

// terms returns the terms that requests keep from each version; list starts with the newest. Versions before 2026-11-02 keep the
// history of a request for a period after its answer. That day is unknown when an entry is written, so the next version's period is
// used, which is never shorter.
func terms(list []*policy.Policy) []policy.Terms {
	out := make([]policy.Terms, len(list))
	for i, p := range list {
		out[i] = p.Terms()
		if i > 0 && p.RetentionOf(policy.RequestEvent).ID == p.RetentionOf(policy.Request).ID {
			out[i].History, out[i].Attempts = out[i-1].History, out[i-1].Attempts
		}
		if i > 0 && p.RetentionOf(policy.MailboxEntry).ID == "" { // the version has no rule for these entries
			out[i].Entry = out[i-1].Entry
		}
	}
	return out
}

func published(version string) string { return "published/" + version + ".json" }

// newest loads and checks the newest version and returns it with the bytes to serve.
func newest(dir fs.FS, name string) (*policy.Policy, []byte, error) {
	p, err := load(dir, name)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if p.Version != strings.TrimSuffix(path.Base(name), ".yaml") {
		return nil, nil, fmt.Errorf("%s: /version differs from the file's name", name)
	}
	if violations := policy.Validate(p); len(violations) > 0 {
		return nil, nil, fmt.Errorf("%s breaks what the law or the policy demands:\n%w", name, errors.Join(violations...))
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(p); err != nil {
		return nil, nil, err
	}
	return p, text.Bytes(), nil
}

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

// history returns the list of all versions, and the policies that may be in force on the day on which the newest is published or later. All
// lists start with the newest.
func history(all []*policy.Policy, texts [][]byte) (policy.History, []*policy.Policy, error) {
	list, err := policy.Chronicle(all)
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		list[i].SHA256 = digest(texts[i])
		if i > 0 && list[i-1].From < list[i].From {
			return nil, nil, fmt.Errorf("/effectiveFrom: %s would come into force before the version that it replaces (promise K06)", list[i-1].Version)
		}
	}
	n, err := list.InUse(all)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range all[:n] { // the code that is deployed with the newest version may store kinds that an older one does not know
		for _, kind := range policy.StoredKinds() {
			if p.RetentionOf(kind).ID == "" {
				return nil, nil, fmt.Errorf("%s is still in force when %s is published, and does not say how long %s is kept (promise F08)", p.Version, all[0].Version, kind)
			}
		}
	}
	return list, all[:n], nil
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
