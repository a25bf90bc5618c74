package main

import (
	"bytes"
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

// edition is every version, the newest first, with the bytes to serve.
type edition struct {
	policies []*policy.Policy
	texts    [][]byte
}

// compile checks every version in dir and returns the files to write. The same input always gives the same files.
func compile(dir fs.FS) ([]file, error) {
	e, err := read(dir)
	if err != nil {
		return nil, err
	}
	return e.files()
}

// read loads and checks every version in dir.
func read(dir fs.FS) (edition, error) {
	var e edition
	names, err := fs.Glob(dir, "versions/*.yaml")
	if err != nil || len(names) == 0 {
		return e, errors.Join(err, errors.New("versions/ holds no policy"))
	}
	slices.Sort(names) // version names are dates, so this is their order of publication
	digests, err := readSums(dir)
	if err != nil {
		return e, err
	}
	var before *policy.Policy
	for i, name := range names {
		var p *policy.Policy
		var text []byte
		if i < len(names)-1 {
			p, text, err = older(dir, name, digests)
		} else {
			p, text, err = newest(dir, name, before)
		}
		if err != nil {
			return e, fmt.Errorf("%s: %w", name, err)
		}
		e.policies, e.texts, before = append(e.policies, p), append(e.texts, text), p
	}
	slices.Reverse(e.policies)
	slices.Reverse(e.texts)
	return e, nil
}

// files returns the files to write.
func (e edition) files() ([]file, error) {
	list, inUse, err := e.history()
	if err != nil {
		return nil, err
	}
	literal, err := literal(inUse, list, terms(e.policies))
	if err != nil {
		return nil, err
	}
	return []file{
		{published(e.policies[0].Version), e.texts[0]},
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
		if i > 0 && p.RetentionOf(policy.ErasurePlan).ID == "" { // likewise
			out[i].Erasure = out[i-1].Erasure
		}
	}
	return out
}

// newest loads and checks the newest version and returns it with the bytes to serve. before is the version before it, or nil.
func newest(dir fs.FS, name string, before *policy.Policy) (*policy.Policy, []byte, error) {
	p, err := load(dir, name)
	if err != nil {
		return nil, nil, err
	}
	if p.Version != strings.TrimSuffix(path.Base(name), ".yaml") {
		return nil, nil, errors.New("/version differs from the file's name")
	}
	if violations := policy.Validate(p, before); len(violations) > 0 {
		return nil, nil, fmt.Errorf("this breaks what the law or the policy demands:\n%w", errors.Join(violations...))
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

// history returns the list of all versions, and the policies that may be in force on the day on which the newest is published or later. All
// lists start with the newest.
func (e edition) history() (policy.History, []*policy.Policy, error) {
	all := e.policies
	list, err := policy.Chronicle(all)
	if err != nil {
		return nil, nil, err
	}
	for i := range list {
		list[i].SHA256 = digest(e.texts[i])
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
