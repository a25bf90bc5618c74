package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bufio"
)

// line is one record to send.
type line struct {
	number int // from 1, as in the file
	text   []byte
}

// group contains the lines of one data subject, or of several who share an address, account lines first. Account lines decide how long the
// others are kept, and POST /v1/records wants them first, even across calls.
type group []line

// readFile reads an NDJSON file with lines in any order and of any length, and groups those that name the same id or the same address. A line
// without a data subject, or that is not JSON, is a group of its own; the service will say what is wrong with it.
func readFile(path string) ([]group, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	groups, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	return groups, nil
}

func read(r io.Reader) ([]group, error) {
	g := grouping{of: map[string]int{}, accounts: map[int]bool{}}
	in := bufio.NewReader(r)
	for number, ended := 1, false; !ended; number++ {
		text, err := in.ReadBytes('\n')
		if ended = errors.Is(err, io.EOF); err != nil && !ended {
			return nil, err
		}
		if text = bytes.TrimRight(text, "\r\n"); len(bytes.TrimSpace(text)) > 0 {
			g.add(line{number, text})
		}
	}
	return g.sorted(), nil
}

// grouping puts lines into groups.
type grouping struct {
	groups   []group
	of       map[string]int // a name of a data subject -> its place in groups
	accounts map[int]bool   // the numbers of account lines
}

// add puts a line into the group of the names in it. A line with names of two groups makes one of them.
func (g *grouping) add(l line) {
	names, isAccount := glance(l.text)
	g.accounts[l.number] = isAccount
	place := len(g.groups)
	for _, name := range names {
		if other, known := g.of[name]; known {
			place = min(place, other)
		}
	}
	if place == len(g.groups) {
		g.groups = append(g.groups, nil)
	}
	for _, name := range names {
		if other, known := g.of[name]; known && other != place {
			g.merge(place, other)
		}
		g.of[name] = place
	}
	g.groups[place] = append(g.groups[place], l)
}

// merge moves the lines of one group into another, which came before it.
func (g *grouping) merge(to, from int) {
	g.groups[to] = append(g.groups[to], g.groups[from]...)
	g.groups[from] = nil
	for name, place := range g.of {
		if place == from {
			g.of[name] = to
		}
	}
}

// sorted returns the groups that have lines, with the account lines of each first and otherwise as in the file.
func (g *grouping) sorted() []group {
	for _, lines := range g.groups {
		slices.SortFunc(lines, func(a, b line) int {
			return cmp.Or(rank(g.accounts[a.number])-rank(g.accounts[b.number]), a.number-b.number)
		})
	}
	return slices.DeleteFunc(g.groups, func(lines group) bool { return len(lines) == 0 })
}

func rank(isAccount bool) int {
	if isAccount {
		return 0
	}
	return 1
}

// glance reads only what decides the order of lines. The service judges the rest.
func glance(text []byte) (names []string, isAccount bool) {
	var l struct {
		Category string `json:"category"`
		Subject  struct {
			ID    string `json:"id"`
			Email string `json:"email"`
		} `json:"subject"`
	}
	if json.Unmarshal(text, &l) != nil {
		return nil, false
	}
	if l.Subject.ID != "" {
		names = append(names, "id "+l.Subject.ID)
	}
	if l.Subject.Email != "" {
		names = append(names, "email "+strings.ToLower(l.Subject.Email))
	}
	return names, l.Category == "account"
}
