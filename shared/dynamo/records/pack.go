package records

import (
	"bytes"
	"compress/flate"
	"io"

	"github.com/helpdeskexpert/privacy/shared/intake"
)

// shortest is the size in bytes below which data is not compressed, because it would hardly get smaller.
const shortest = 128

// Pack implements [intake.Records]. It compresses data if that makes it smaller (RFC 1951).
func (*Writer) Pack(plain []byte) (intake.Packed, error) {
	if len(plain) < shortest {
		return intake.Packed{Bytes: plain}, nil
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.DefaultCompression)
	if err != nil {
		return intake.Packed{}, err
	}
	if _, err := w.Write(plain); err != nil {
		return intake.Packed{}, err
	}
	if err := w.Close(); err != nil {
		return intake.Packed{}, err
	}
	if b.Len() >= len(plain) {
		return intake.Packed{Bytes: plain}, nil
	}
	return intake.Packed{Bytes: b.Bytes(), Compressed: true}, nil
}

// unpack returns the data as [Writer.Pack] got it.
func unpack(p intake.Packed) ([]byte, error) {
	if !p.Compressed {
		return p.Bytes, nil
	}
	return io.ReadAll(flate.NewReader(bytes.NewReader(p.Bytes)))
}
