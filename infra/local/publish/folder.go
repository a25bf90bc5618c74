package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// folder is shared/policy, or a test's copy of it.
type folder string

func (f folder) source(version string) string {
	return filepath.Join(string(f), "versions", version+".yaml")
}

func (f folder) published(version string) string {
	return filepath.Join(string(f), "published", version+".json")
}

func (f folder) sums() string { return filepath.Join(string(f), "published", "SHA256SUMS") }

// authored lists the versions that have a source, the oldest first. The name of a version is a date.
func (f folder) authored() ([]string, error) {
	names, err := filepath.Glob(f.source("*"))
	if err != nil || len(names) == 0 {
		return nil, errors.Join(err, fmt.Errorf("%s holds no version", filepath.Dir(f.source("*"))))
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(filepath.Base(name), ".yaml")
	}
	slices.Sort(names)
	return names, nil
}

// newest returns the name of the newest version with a source.
func (f folder) newest() (string, error) {
	names, err := f.authored()
	if err != nil {
		return "", err
	}
	return names[len(names)-1], nil
}

// digests returns the digest of each version that was generated.
func (f folder) digests() (map[string]string, error) {
	text, err := os.ReadFile(f.sums())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return digests(string(text)), err
}

// digests reads the lines that sha256sum writes.
func digests(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		if digest, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			all[strings.TrimSuffix(name, ".json")] = digest
		}
	}
	return all
}

// read returns the content of a version's source.
func (f folder) read(version string) (text string, p policy.Policy, err error) {
	raw, err := os.ReadFile(f.source(version))
	if err != nil {
		return "", p, err
	}
	var doc any
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		return "", p, fmt.Errorf("%s: %w", f.source(version), err)
	}
	converted, err := json.Marshal(doc)
	if err != nil {
		return "", p, err
	}
	return string(raw), p, json.Unmarshal(converted, &p)
}

// generated is the content of the files that go generate writes.
type generated map[string][]byte

// remember reads them, so that a publication that fails can leave them as they were.
func (f folder) remember() (generated, error) {
	all := generated{}
	for _, pattern := range []string{f.sums(), f.published("*"), filepath.Join(string(f), "policy_gen.go")} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if all[name], err = os.ReadFile(name); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// restore writes back what has changed since, and removes what has been added.
func (f folder) restore(before generated) error {
	after, err := f.remember()
	for name := range after {
		if _, old := before[name]; !old {
			err = errors.Join(err, os.Remove(name))
		}
	}
	for name, text := range before {
		if now, there := after[name]; !there || string(now) != string(text) {
			err = errors.Join(err, os.WriteFile(name, text, 0o644))
		}
	}
	return err
}
