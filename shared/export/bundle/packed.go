package bundle

import (
	"compress/flate"
	"crypto/sha256"
	"fmt"
	"hash"
	"hash/crc32"
)

// packed is a compressed file that waits for its turn in the archive.
type packed struct {
	spool   *spool
	deflate *flate.Writer
	crc     hash.Hash32
	digest  hash.Hash
	size    int64 // bytes before compression
}

func newPacked() (*packed, error) {
	s, err := newSpool()
	if err != nil {
		return nil, err
	}
	deflate, err := flate.NewWriter(s, flate.DefaultCompression)
	if err != nil {
		s.close()
		return nil, fmt.Errorf("bundle: compressing: %w", err)
	}
	return &packed{spool: s, deflate: deflate, crc: crc32.NewIEEE(), digest: sha256.New()}, nil
}

// Write appends to the file.
func (p *packed) Write(b []byte) (int, error) {
	n, err := p.deflate.Write(b)
	p.size += int64(n)
	p.crc.Write(b[:n])
	p.digest.Write(b[:n])
	return n, err
}

// reset empties the file, which is cheaper than a new compressor.
func (p *packed) reset() error {
	if err := p.spool.reset(); err != nil {
		return err
	}
	p.deflate.Reset(p.spool)
	p.crc.Reset()
	p.digest.Reset()
	p.size = 0
	return nil
}

func (p *packed) close() { p.spool.close() }
