package ses

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Mail is one mail that was sent, as /_local/mail.json shows it.
type Mail struct {
	ID      string            `json:"id"`
	At      time.Time         `json:"at"`
	From    string            `json:"from"`
	To      []string          `json:"to"` // bare addresses
	Subject string            `json:"subject"`
	Text    string            `json:"text"`
	HTML    string            `json:"html"`
	Headers map[string]string `json:"headers"`
	Tags    map[string]string `json:"tags,omitempty"`
}

// Mailbox keeps every mail, oldest first, in one file.
type Mailbox struct {
	mu    sync.RWMutex
	file  *os.File
	mails []Mail
}

// OpenMailbox opens the mailbox in dir, with the mails of earlier runs.
func OpenMailbox(dir string) (*Mailbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "mail.jsonl")
	mails, err := read(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &Mailbox{file: file, mails: mails}, nil
}

// read skips a last line that a killed process left unfinished.
func read(path string) ([]Mail, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var mails []Mail
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		var m Mail
		if json.Unmarshal(line, &m) == nil {
			mails = append(mails, m)
		}
		if err != nil {
			return mails, nil
		}
	}
}

// add writes mails to disk before it shows them, so that a mail that somebody has seen survives a kill.
func (b *Mailbox) add(mails ...Mail) error {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines) // it ends each mail with a line feed
	for _, m := range mails {
		if err := encoder.Encode(m); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := b.file.Write(lines.Bytes()); err != nil {
		return err
	}
	b.mails = append(b.mails, mails...)
	return nil
}

// All returns every mail, oldest first.
func (b *Mailbox) All() []Mail {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return append([]Mail{}, b.mails...)
}

// After returns the mails newer than the one with the id, oldest first, or all of them if the id is empty. It returns false if no mail has the id.
func (b *Mailbox) After(id string) ([]Mail, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	first := 0
	if id != "" {
		first = slices.IndexFunc(b.mails, func(m Mail) bool { return m.ID == id }) + 1
	}
	return slices.Clone(b.mails[first:]), id == "" || first > 0
}

// Find returns the mail with the id.
func (b *Mailbox) Find(id string) (Mail, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, m := range b.mails {
		if m.ID == id {
			return m, true
		}
	}
	return Mail{}, false
}

// Close closes the file.
func (b *Mailbox) Close() error { return b.file.Close() }
