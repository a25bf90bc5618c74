package objects

import (
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"sync"

	"github.com/google/uuid"
	"github.com/rclone/gofakes3"
)

// upload is a multipart upload under way. It is forgotten on a restart, with its parts: the lifecycle rule of
// template.yaml aborts such uploads within a day.
type upload struct {
	mu    sync.Mutex
	meta  map[string]string
	parts map[int]entry
}

// CreateMultipartUpload implements gofakes3.MultipartBackend.
func (f *folder) CreateMultipartUpload(_ context.Context, _, _ string, meta map[string]string) (gofakes3.UploadID, error) {
	id := gofakes3.UploadID(uuid.NewString())
	f.mu.Lock()
	defer f.mu.Unlock()
	f.uploads[id] = &upload{meta: meta, parts: map[int]entry{}}
	return id, nil
}

// upload finds an upload under way.
func (f *folder) upload(id gofakes3.UploadID) (*upload, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if u, ok := f.uploads[id]; ok {
		return u, nil
	}
	return nil, gofakes3.ErrNoSuchUpload
}

// UploadPart implements gofakes3.MultipartBackend. The bytes go to disk as they come.
func (f *folder) UploadPart(_ context.Context, bucket, key string, id gofakes3.UploadID, number int, length int64, body io.Reader) (string, error) {
	u, err := f.upload(id)
	if err != nil {
		return "", err
	}
	part, err := f.spool(bucket, key, nil, body)
	if err != nil {
		return "", err
	}
	if part.Size != length {
		_ = f.remove(bucket, part)
		return "", gofakes3.ErrIncompleteBody
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if old, ok := u.parts[number]; ok {
		_ = f.remove(bucket, old)
	}
	u.parts[number] = part
	return part.etag(), nil
}

// CompleteMultipartUpload implements gofakes3.MultipartBackend: it joins the parts named, in the order named.
func (f *folder) CompleteMultipartUpload(_ context.Context, bucket, key string, id gofakes3.UploadID, request *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	u, err := f.upload(id)
	if err != nil {
		return "", "", err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	joined, err := f.join(bucket, key, u, request)
	if err != nil {
		return "", "", err
	}
	if err := f.publish(bucket, joined); err != nil {
		return "", "", err
	}
	f.forget(bucket, id, u)
	return "", `"` + hex.EncodeToString(joined.MD5) + `"`, nil
}

// join copies the parts into one file. Parts must be named in rising order with the tags they were given, as on S3.
func (f *folder) join(bucket, key string, u *upload, request *gofakes3.CompleteMultipartUploadRequest) (entry, error) {
	var readers []io.Reader
	var files []*os.File
	defer func() {
		for _, file := range files {
			_ = file.Close()
		}
	}()
	last := 0
	for _, named := range request.Parts {
		part, ok := u.parts[named.PartNumber]
		if !ok || trimQuotes(named.ETag) != hex.EncodeToString(part.MD5) {
			return entry{}, gofakes3.ErrInvalidPart
		}
		if named.PartNumber <= last {
			return entry{}, gofakes3.ErrInvalidPartOrder
		}
		last = named.PartNumber
		file, err := os.Open(f.path(bucket, part.File))
		if err != nil {
			return entry{}, err
		}
		files, readers = append(files, file), append(readers, file)
	}
	return f.spool(bucket, key, u.meta, io.MultiReader(readers...))
}

// trimQuotes takes the quotes off a tag: SDKs send it with or without.
func trimQuotes(etag string) string {
	if len(etag) > 1 && etag[0] == '"' {
		return etag[1 : len(etag)-1]
	}
	return etag
}

// AbortMultipartUpload implements gofakes3.MultipartBackend.
func (f *folder) AbortMultipartUpload(_ context.Context, bucket, _ string, id gofakes3.UploadID) error {
	u, err := f.upload(id)
	if errors.Is(err, gofakes3.ErrNoSuchUpload) {
		return nil
	} else if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	f.forget(bucket, id, u)
	return nil
}

// forget drops an upload and its parts. The caller holds u's lock.
func (f *folder) forget(bucket string, id gofakes3.UploadID, u *upload) {
	for _, part := range u.parts {
		_ = f.remove(bucket, part)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.uploads, id)
}
