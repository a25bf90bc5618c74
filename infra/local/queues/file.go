package queues

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// file keeps the messages of a queue, so that they survive a stack that is killed. Each line is a message that came, or one that is gone.
type file struct {
	out *os.File
}

// openFile reads what is left in the queue's file, and writes the file anew with that alone.
func openFile(dir, name string) (*file, map[string]*message, error) {
	path := filepath.Join(dir, name+".jsonl")
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	left := map[string]*message{}
	for line := range bytes.Lines(text) {
		var m message
		if json.Unmarshal(line, &m) != nil {
			continue // the end of a line that was never finished: its Send did not return
		}
		if left[m.ID] = &m; m.Deleted {
			delete(left, m.ID)
		}
	}
	var kept bytes.Buffer
	for _, m := range left {
		line, err := encode(m)
		if err != nil {
			return nil, nil, err
		}
		kept.Write(append(line, '\n'))
	}
	if err := os.WriteFile(path+".new", kept.Bytes(), 0o600); err != nil {
		return nil, nil, err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return nil, nil, err
	}
	out, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	return &file{out}, left, err
}

func (f *file) append(m *message) error {
	line, err := encode(m)
	if err != nil {
		return err
	}
	_, err = f.out.Write(append(line, '\n'))
	return err
}

// empty cuts the file off. If that fails, the file only stays longer than it must be.
func (f *file) empty() { _ = f.out.Truncate(0) }

func (f *file) close() error { return f.out.Close() }

// encode writes v as JSON without what only HTML needs, which could make a message six times as long.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
