package bundle

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"regexp"
	"time"
)

// names matches the allowed names of files in a bundle. The names are fixed, and no part of a name is personal data (threat T19).
var names = regexp.MustCompile(`^(index\.html|(manifest|consents|processing|requests|subject)\.json|data/[a-z_]{1,32}\.(json|csv))$`)

// file is one row of the manifest.
type file struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// archive writes the ZIP and records each file's size and digest.
type archive struct {
	zip      *zip.Writer
	out      *counter
	modified time.Time
	files    []file
	current  *entry
}

// counter counts the bytes that are written to w.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func newArchive(w io.Writer, modified time.Time) *archive {
	out := &counter{w: w}
	return &archive{zip: zip.NewWriter(out), out: out, modified: modified.UTC()}
}

func (a *archive) header(name string) (*zip.FileHeader, error) {
	if !names.MatchString(name) {
		return nil, fmt.Errorf("bundle: not a file name of a bundle")
	}
	a.finish()
	return &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.modified}, nil
}

// create starts the next file. The file is complete when the next one starts or the archive closes.
func (a *archive) create(name string) (io.Writer, error) {
	header, err := a.header(name)
	if err != nil {
		return nil, err
	}
	w, err := a.zip.CreateHeader(header)
	if err != nil {
		return nil, fmt.Errorf("bundle: beginning a file: %w", err)
	}
	a.current = &entry{name: name, w: w, digest: sha256.New()}
	return a.current, nil
}

// add copies a packed file into the archive without compressing it again.
func (a *archive) add(name string, p *packed) error {
	header, err := a.header(name)
	if err != nil {
		return err
	}
	if err := p.deflate.Close(); err != nil {
		return fmt.Errorf("bundle: compressing: %w", err)
	}
	// CreateHeader would write the date itself, in MS-DOS's format and in Info-ZIP's extended timestamp. CreateRaw takes the header
	// as it is, so the date is set here.
	header.SetModTime(a.modified) //nolint:staticcheck // there is no other way
	header.Extra = binary.LittleEndian.AppendUint32([]byte{'U', 'T', 5, 0, 1}, uint32(a.modified.Unix()))
	header.CRC32 = p.crc.Sum32()
	header.UncompressedSize64 = uint64(p.size)
	header.CompressedSize64 = uint64(p.spool.size)
	w, err := a.zip.CreateRaw(header)
	if err != nil {
		return fmt.Errorf("bundle: beginning a file: %w", err)
	}
	content, err := p.spool.section(0, p.spool.size)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, content); err != nil {
		return fmt.Errorf("bundle: copying a spool: %w", err)
	}
	a.files = append(a.files, file{name, p.size, hex.EncodeToString(p.digest.Sum(nil))})
	return nil
}

// finish records the file that is being written, if there is one.
func (a *archive) finish() {
	if e := a.current; e != nil {
		a.files = append(a.files, file{e.name, e.size, hex.EncodeToString(e.digest.Sum(nil))})
		a.current = nil
	}
}

// close completes the archive.
func (a *archive) close() error {
	a.finish()
	if err := a.zip.Close(); err != nil {
		return fmt.Errorf("bundle: closing the archive: %w", err)
	}
	return nil
}

// entry is the file that is being written.
type entry struct {
	name   string
	w      io.Writer
	digest hash.Hash
	size   int64
}

func (e *entry) Write(p []byte) (int, error) {
	n, err := e.w.Write(p)
	e.size += int64(n)
	e.digest.Write(p[:n])
	return n, err
}
