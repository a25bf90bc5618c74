package objects

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rclone/gofakes3"
)

// An upload in parts is a directory whose name is its id, with one file for each part. It ends when the store is opened again: the
// lifecycle rule of template.yaml aborts such uploads within a day. gofakes3 refuses ids that it has not handed out.

// CreateMultipartUpload implements [gofakes3.MultipartBackend].
func (f folder) CreateMultipartUpload(_ context.Context, bucket, _ string, _ map[string]string) (gofakes3.UploadID, error) {
	dir, err := os.MkdirTemp(filepath.Join(f.dir, bucket), ".upload-*")
	return gofakes3.UploadID(filepath.Base(dir)), err
}

// part returns where a part of an upload is.
func (f folder) part(bucket string, id gofakes3.UploadID, number int) string {
	return filepath.Join(f.dir, bucket, string(id), strconv.Itoa(number))
}

// UploadPart implements [gofakes3.MultipartBackend]. The bytes go to disk as they come.
func (f folder) UploadPart(_ context.Context, bucket, _ string, id gofakes3.UploadID, number int, size int64, body io.Reader) (string, error) {
	info, err := write(f.part(bucket, id, number), body, size)
	if err != nil {
		return "", err
	}
	return etag(info), nil
}

// CompleteMultipartUpload implements [gofakes3.MultipartBackend]: it joins the parts named. They must be named in rising order with
// the tags they were given, as on S3.
func (f folder) CompleteMultipartUpload(ctx context.Context, bucket, key string, id gofakes3.UploadID, request *gofakes3.CompleteMultipartUploadRequest) (gofakes3.VersionID, string, error) {
	var parts []io.Reader
	last := 0
	for _, named := range request.Parts {
		if named.PartNumber <= last {
			return "", "", gofakes3.ErrInvalidPartOrder
		}
		last = named.PartNumber
		file, err := os.Open(f.part(bucket, id, named.PartNumber))
		if errors.Is(err, fs.ErrNotExist) {
			return "", "", gofakes3.ErrInvalidPart
		} else if err != nil {
			return "", "", err
		}
		defer file.Close() //nolint:errcheck // it is only read
		info, err := file.Stat()
		if err != nil {
			return "", "", err
		}
		if strings.Trim(named.ETag, `"`) != strings.Trim(etag(info), `"`) {
			return "", "", gofakes3.ErrInvalidPart
		}
		parts = append(parts, file)
	}
	info, err := write(f.path(bucket, key), io.MultiReader(parts...), -1)
	if err != nil {
		return "", "", err
	}
	return "", etag(info), f.AbortMultipartUpload(ctx, bucket, key, id) // only its parts are left
}

// AbortMultipartUpload implements [gofakes3.MultipartBackend]. It may be repeated.
func (f folder) AbortMultipartUpload(_ context.Context, bucket, _ string, id gofakes3.UploadID) error {
	return os.RemoveAll(filepath.Join(f.dir, bucket, string(id)))
}
