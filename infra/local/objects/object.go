package objects

import (
	"context"
	"encoding/hex"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/rclone/gofakes3"
)

// entry finds what a key holds, or answers with S3's own error.
func (f *folder) entry(bucket, key string) (entry, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	entries, ok := f.buckets[bucket]
	if !ok {
		return entry{}, gofakes3.BucketNotFound(bucket)
	}
	e, ok := entries[key]
	if !ok {
		return entry{}, gofakes3.KeyNotFound(key)
	}
	return e, nil
}

// object describes an entry to gofakes3, which closes the contents.
func (e entry) object(contents io.ReadCloser) *gofakes3.Object {
	meta := maps.Clone(e.Metadata)
	if meta == nil {
		meta = map[string]string{}
	}
	meta["Last-Modified"] = e.Stored.Format("Mon, 02 Jan 2006 15:04:05 GMT")
	return &gofakes3.Object{Name: e.Key, Metadata: meta, Size: e.Size, Hash: e.MD5, Contents: contents}
}

// HeadObject implements gofakes3.Backend.
func (f *folder) HeadObject(_ context.Context, bucket, key string) (*gofakes3.Object, error) {
	e, err := f.entry(bucket, key)
	if err != nil {
		return nil, err
	}
	return e.object(io.NopCloser(io.MultiReader())), nil
}

// section reads one range of a file and closes the file.
type section struct {
	io.Reader
	io.Closer
}

// GetObject implements gofakes3.Backend.
func (f *folder) GetObject(_ context.Context, bucket, key string, request *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	e, err := f.entry(bucket, key)
	if err != nil {
		return nil, err
	}
	part, err := request.Range(e.Size)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(bucket, e.File))
	if err != nil {
		return nil, err
	}
	object := e.object(file)
	if part != nil {
		object.Range = part
		object.Contents = section{io.NewSectionReader(file, part.Start, part.Length), file}
	}
	return object, nil
}

// PutObject implements gofakes3.Backend.
func (f *folder) PutObject(ctx context.Context, bucket, key string, meta map[string]string, input io.Reader, _ int64) (gofakes3.PutObjectResult, error) {
	if ok, _ := f.BucketExists(ctx, bucket); !ok {
		return gofakes3.PutObjectResult{}, gofakes3.BucketNotFound(bucket)
	}
	e, err := f.spool(bucket, key, meta, input)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	return gofakes3.PutObjectResult{}, f.publish(bucket, e)
}

// CopyObject implements gofakes3.Backend.
func (f *folder) CopyObject(ctx context.Context, fromBucket, fromKey, bucket, key string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	source, err := f.GetObject(ctx, fromBucket, fromKey, nil)
	if err != nil {
		return gofakes3.CopyObjectResult{}, err
	}
	defer func() { _ = source.Contents.Close() }()
	if _, err = f.PutObject(ctx, bucket, key, meta, source.Contents, source.Size); err != nil {
		return gofakes3.CopyObjectResult{}, err
	}
	e, err := f.entry(bucket, key)
	return gofakes3.CopyObjectResult{ETag: e.etag(), LastModified: gofakes3.NewContentTime(e.Stored)}, err
}

// DeleteObject implements gofakes3.Backend. A key that is not there is no error, as on S3.
func (f *folder) DeleteObject(_ context.Context, bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, ok := f.buckets[bucket]
	if !ok {
		return gofakes3.ObjectDeleteResult{}, gofakes3.BucketNotFound(bucket)
	}
	e, ok := entries[key]
	if !ok {
		return gofakes3.ObjectDeleteResult{}, nil
	}
	delete(entries, key)
	return gofakes3.ObjectDeleteResult{}, f.remove(bucket, e)
}

// DeleteMulti implements gofakes3.Backend.
func (f *folder) DeleteMulti(ctx context.Context, bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	for _, key := range keys {
		if _, err := f.DeleteObject(ctx, bucket, key); err != nil {
			result.Error = append(result.Error, gofakes3.ErrorResultFromError(err))
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// ListBucket implements gofakes3.Backend: keys in byte order, a page at a time.
func (f *folder) ListBucket(_ context.Context, bucket string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	entries, ok := f.buckets[bucket]
	if !ok {
		return nil, gofakes3.BucketNotFound(bucket)
	}
	if prefix == nil {
		prefix = &gofakes3.Prefix{}
	}
	list := gofakes3.NewObjectList()
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		var match gofakes3.PrefixMatch
		if key <= page.Marker || !prefix.Match(key, &match) {
			continue
		}
		if page.MaxKeys > 0 && int64(len(list.Contents)+len(list.CommonPrefixes)) >= page.MaxKeys {
			list.IsTruncated = true
			break
		}
		list.NextMarker = key
		if match.CommonPrefix {
			list.AddPrefix(match.MatchedPart)
			continue
		}
		e := entries[key]
		list.Add(&gofakes3.Content{Key: key, Size: e.Size, ETag: e.etag(), LastModified: gofakes3.NewContentTime(e.Stored)})
	}
	return list, nil
}

// etag is the MD5 of the bytes in quotes. S3 computes it otherwise for a multipart object, and promises neither.
func (e entry) etag() string { return `"` + hex.EncodeToString(e.MD5) + `"` }
