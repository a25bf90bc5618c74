package bundle

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// spool is a temporary file without a name. Its content disappears when the process ends, however it ends.
type spool struct {
	file *os.File
	buf  *bufio.Writer
	size int64 // bytes written so far
}

func newSpool() (*spool, error) {
	file, err := os.CreateTemp("", "export-*")
	if err != nil {
		return nil, fmt.Errorf("bundle: opening a spool: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("bundle: unlinking a spool: %w", err)
	}
	return &spool{file: file, buf: bufio.NewWriterSize(file, 32<<10)}, nil
}

// Write appends p to the spool.
func (s *spool) Write(p []byte) (int, error) {
	n, err := s.buf.Write(p)
	s.size += int64(n)
	return n, err
}

// section returns a reader of length bytes that starts at offset.
func (s *spool) section(offset, length int64) (io.Reader, error) {
	if err := s.buf.Flush(); err != nil {
		return nil, fmt.Errorf("bundle: writing a spool: %w", err)
	}
	return io.NewSectionReader(s.file, offset, length), nil
}

// reset empties the spool for its next use.
func (s *spool) reset() error {
	s.buf.Reset(s.file)
	s.size = 0
	if err := s.file.Truncate(0); err != nil {
		return fmt.Errorf("bundle: emptying a spool: %w", err)
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return err
}

func (s *spool) close() { _ = s.file.Close() }
