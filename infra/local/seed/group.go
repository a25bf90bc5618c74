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

// group contains the lines of one data subject, account lines first. Account lines decide how long the others are kept, and POST
// /v1/records wants them first, even across calls.
type group []line

// readFile reads an NDJSON file with lines in any order and of any length, and groups them by data subject. A line without a data
// subject, or that is not JSON, is a group of its own; the service will say what is wrong with it.
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

// glance reads only what decides the order of lines. The service judges the rest.
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
