package objects

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rclone/gofakes3"
)

// folder is a [gofakes3.Backend] that keeps nothing in memory. Each bucket is a directory, and each object is one file in it. The
// file's name is the key, escaped so that it contains no slash and no dot. A name with a dot is unfinished work.
type folder struct {
	unused
	dir     string
	buckets []string
}

// unused refuses the operations that no function is allowed to call (template.yaml).
type unused struct{}

// ListBuckets implements [gofakes3.Backend].
func (unused) ListBuckets(context.Context) ([]gofakes3.BucketInfo, error) {
	return nil, gofakes3.ErrNotImplemented
}

// CreateBucket implements [gofakes3.Backend].
func (unused) CreateBucket(context.Context, string) error { return gofakes3.ErrNotImplemented }

// DeleteBucket implements [gofakes3.Backend].
func (unused) DeleteBucket(context.Context, string) error { return gofakes3.ErrNotImplemented }

// DeleteMulti implements [gofakes3.Backend].
func (unused) DeleteMulti(context.Context, string, ...string) (gofakes3.MultiDeleteResult, error) {
	return gofakes3.MultiDeleteResult{}, gofakes3.ErrNotImplemented
}

// CopyObject implements [gofakes3.Backend].
func (unused) CopyObject(context.Context, string, string, string, string, map[string]string) (gofakes3.CopyObjectResult, error) {
	return gofakes3.CopyObjectResult{}, gofakes3.ErrNotImplemented
}

// openFolder creates missing buckets, and removes what a killed process left unfinished.
func openFolder(dir string, buckets []string) (folder, error) {
	for _, bucket := range buckets {
		if err := os.MkdirAll(filepath.Join(dir, bucket), 0o700); err != nil {
			return folder{}, err
		}
		files, err := os.ReadDir(filepath.Join(dir, bucket))
		if err != nil {
			return folder{}, err
		}
		for _, file := range files {
			if unfinished(file) {
				if err := os.RemoveAll(filepath.Join(dir, bucket, file.Name())); err != nil {
					return folder{}, err
				}
			}
		}
	}
	return folder{dir: dir, buckets: buckets}, nil
}

// unfinished reports whether a file of a bucket is no object.
func unfinished(file fs.DirEntry) bool { return strings.Contains(file.Name(), ".") }

// path returns where an object is.
func (f folder) path(bucket, key string) string {
	return filepath.Join(f.dir, bucket, strings.ReplaceAll(url.PathEscape(key), ".", "%2E"))
}

// write stores what body yields at the path. It replaces the file only once everything is written, so a killed process leaves the
// old file. A negative size means unknown.
func write(path string, body io.Reader, size int64) (fs.FileInfo, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".write-*")
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(file, body)
	closed := file.Close()
	switch {
	case err != nil:
	case closed != nil:
		err = closed
	case size >= 0 && n != size:
		err = gofakes3.ErrIncompleteBody
	default:
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return nil, err
	}
	return os.Stat(path)
}

// hash stands in for a digest of the content: it is the time at which the file was written. On S3, the tag of an encrypted object
// is no digest either.
func hash(info fs.FileInfo) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(info.ModTime().UnixNano()))
}

// etag is the hash as S3 writes it.
func etag(info fs.FileInfo) string { return `"` + hex.EncodeToString(hash(info)) + `"` }

// BucketExists implements [gofakes3.Backend].
func (f folder) BucketExists(_ context.Context, bucket string) (bool, error) {
	return slices.Contains(f.buckets, bucket), nil
}

// PutObject implements [gofakes3.Backend]. The headers of an object are not kept, since every presigned URL names its own.
func (f folder) PutObject(_ context.Context, bucket, key string, _ map[string]string, body io.Reader, size int64) (gofakes3.PutObjectResult, error) {
	info, err := write(f.path(bucket, key), body, size)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	return gofakes3.PutObjectResult{ETag: etag(info)}, nil
}

// HeadObject implements [gofakes3.Backend].
func (f folder) HeadObject(ctx context.Context, bucket, key string) (*gofakes3.Object, error) {
	object, err := f.GetObject(ctx, bucket, key, nil)
	if err != nil {
		return nil, err
	}
	closed := object.Contents.Close()
	object.Contents = http.NoBody
	return object, closed
}

// section reads one range of a file and closes the file.
type section struct {
	io.Reader
	io.Closer
}

// GetObject implements [gofakes3.Backend]. An object that is replaced or deleted meanwhile is still read to its end.
func (f folder) GetObject(_ context.Context, bucket, key string, request *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	file, err := os.Open(f.path(bucket, key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, gofakes3.KeyNotFound(key)
	} else if err != nil {
		return nil, err
	}
	object, err := describe(file, key, request)
	if err != nil {
		_ = file.Close()
	}
	return object, err
}

// describe describes an open file to gofakes3, with the range to read.
func describe(file *os.File, key string, request *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	part, err := request.Range(info.Size())
	if err != nil {
		return nil, err
	}
	object := &gofakes3.Object{Name: key, Size: info.Size(), Hash: hash(info), Contents: file, Range: part,
		Metadata: map[string]string{"Last-Modified": info.ModTime().UTC().Format(http.TimeFormat)}}
	if part != nil {
		object.Contents = section{io.NewSectionReader(file, part.Start, part.Length), file}
	}
	return object, nil
}

// DeleteObject implements [gofakes3.Backend]. A key that is not there is no error, as on S3.
func (f folder) DeleteObject(_ context.Context, bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	err := os.Remove(f.path(bucket, key))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return gofakes3.ObjectDeleteResult{}, err
}

// ListBucket implements [gofakes3.Backend]: keys in byte order, a page at a time.
func (f folder) ListBucket(_ context.Context, bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	files, err := os.ReadDir(filepath.Join(f.dir, bucket))
	if err != nil {
		return nil, err
	}
	infos := map[string]fs.FileInfo{}
	var keys []string
	for _, file := range files {
		key, err := url.PathUnescape(file.Name())
		info, gone := file.Info()
		if err == nil && gone == nil && !unfinished(file) && key > page.Marker {
			keys, infos[key] = append(keys, key), info
		}
	}
	slices.Sort(keys)
	list, last := gofakes3.NewObjectList(), ""
	for _, key := range keys {
		var match gofakes3.PrefixMatch
		if !prefix.Match(key, &match) {
			continue
		}
		if page.MaxKeys > 0 && int64(len(list.Contents)+len(list.CommonPrefixes)) >= page.MaxKeys {
			list.IsTruncated, list.NextMarker = true, last
			break
		}
		last = key
		if match.CommonPrefix {
			list.AddPrefix(match.MatchedPart)
			continue
		}
		info := infos[key]
		list.Add(&gofakes3.Content{Key: key, Size: info.Size(), ETag: etag(info), LastModified: gofakes3.NewContentTime(info.ModTime())})
	}
	return list, nil
}
