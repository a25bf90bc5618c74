package objects

import (
	"context"
	"crypto/md5" // S3's ETag is an MD5; nothing trusts it
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/rclone/gofakes3"
)

// folder keeps buckets in a directory, one sub-directory per bucket: the bytes of an object in a file with a random
// name, and a JSON file beside it that says which key they are. The JSON file is renamed into place last, so that a
// killed process leaves the old object or the new one, never half of either.
type folder struct {
	dir string

	mu      sync.RWMutex
	buckets map[string]map[string]entry // bucket -> key -> entry, as on disk
	uploads map[gofakes3.UploadID]*upload
}

// entry describes one stored object.
type entry struct {
	Key      string            `json:"key"`
	File     string            `json:"file"` // name of the file with the bytes
	Size     int64             `json:"size"`
	MD5      []byte            `json:"md5"`
	Stored   time.Time         `json:"stored"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// openFolder reads what is stored and drops what a killed process left half done: bytes that no entry names.
func openFolder(dir string) (*folder, error) {
	f := &folder{dir: dir, buckets: map[string]map[string]entry{}, uploads: map[gofakes3.UploadID]*upload{}}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		entries, err := readBucket(filepath.Join(dir, name.Name()))
		if err != nil {
			return nil, fmt.Errorf("bucket %s: %w", name.Name(), err)
		}
		f.buckets[name.Name()] = entries
	}
	return f, nil
}

// readBucket reads the descriptions of a bucket's objects and deletes bytes that none of them names.
func readBucket(dir string) (map[string]entry, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	entries, named := map[string]entry{}, map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".json") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			return nil, err
		}
		var e entry
		if err := json.Unmarshal(b, &e); err != nil {
			return nil, err
		}
		entries[e.Key], named[e.File], named[e.File+".json"] = e, true, true
	}
	for _, file := range files {
		if !named[file.Name()] {
			_ = os.Remove(filepath.Join(dir, file.Name()))
		}
	}
	return entries, nil
}

// spool copies input to a new file of the bucket and returns its entry, which nothing names yet.
func (f *folder) spool(bucket, key string, meta map[string]string, input io.Reader) (entry, error) {
	e := entry{Key: key, File: uuid.NewString(), Stored: time.Now().UTC(), Metadata: meta}
	file, err := os.OpenFile(f.path(bucket, e.File), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return e, err
	}
	sum := md5.New()
	e.Size, err = io.Copy(io.MultiWriter(file, sum), input)
	e.MD5 = sum.Sum(nil)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(f.path(bucket, e.File))
	}
	return e, err
}

// publish makes e the object of its key.
func (f *folder) publish(bucket string, e entry) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, ok := f.buckets[bucket]
	if !ok {
		return gofakes3.BucketNotFound(bucket)
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	description := f.path(bucket, e.File+".json")
	if err := os.WriteFile(description+".new", b, 0o600); err != nil {
		return err
	}
	if err := os.Rename(description+".new", description); err != nil {
		return err
	}
	old, replaced := entries[e.Key]
	entries[e.Key] = e
	if replaced {
		return f.remove(bucket, old)
	}
	return nil
}

// remove deletes an entry's files, its description first.
func (f *folder) remove(bucket string, e entry) error {
	for _, name := range []string{e.File + ".json", e.File} {
		if err := os.Remove(f.path(bucket, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// path returns where a file of the bucket is.
func (f *folder) path(bucket, name string) string { return filepath.Join(f.dir, bucket, name) }

// ListBuckets implements gofakes3.Backend.
func (f *folder) ListBuckets(context.Context) ([]gofakes3.BucketInfo, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	var infos []gofakes3.BucketInfo
	for _, name := range slices.Sorted(maps.Keys(f.buckets)) {
		infos = append(infos, gofakes3.BucketInfo{Name: name})
	}
	return infos, nil
}

// CreateBucket implements gofakes3.Backend.
func (f *folder) CreateBucket(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.buckets[name]; ok {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	}
	f.buckets[name] = map[string]entry{}
	return os.MkdirAll(filepath.Join(f.dir, name), 0o700)
}

// BucketExists implements gofakes3.Backend.
func (f *folder) BucketExists(_ context.Context, name string) (bool, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	_, ok := f.buckets[name]
	return ok, nil
}

// DeleteBucket implements gofakes3.Backend; a stack's bucket is never deleted here.
func (f *folder) DeleteBucket(context.Context, string) error { return gofakes3.ErrNotImplemented }
