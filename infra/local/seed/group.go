package main

import (
	"bytes"
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

// group holds the lines of one data subject, account lines first: they decide how long the others are kept, and the
// contract of POST /v1/records wants them first across calls.
type group []line

// readFile reads an NDJSON file, whatever the order of its lines and however long they are, and groups them by data
// subject. A line without one is a group of its own, also where it is no JSON: what is wrong with it is the service's to say.
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
	var groups []group
	of := map[string]int{} // address -> its place in groups
	accounts := map[int]bool{}
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		ended := err != nil
		if text = bytes.TrimRight(text, "\r\n"); len(bytes.TrimSpace(text)) > 0 {
			address, isAccount := glance(text)
			accounts[number] = isAccount
			place, known := of[address]
			if !known || address == "" {
				place, groups = len(groups), append(groups, nil)
				of[address] = place
			}
			groups[place] = append(groups[place], line{number, text})
		}
		if ended {
			break
		}
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b line) int { return rank(accounts[a.number]) - rank(accounts[b.number]) })
	}
	return groups, nil
}

func rank(isAccount bool) int {
	if isAccount {
		return 0
	}
	return 1
}

// glance looks for what decides the order and leaves judging to the service.
func glance(text []byte) (address string, isAccount bool) {
	var l struct {
		Category string `json:"category"`
		Subject  struct {
			Email string `json:"email"`
		} `json:"subject"`
	}
	if json.Unmarshal(text, &l) != nil {
		return "", false
	}
	return strings.ToLower(l.Subject.Email), l.Category == "account"
}
