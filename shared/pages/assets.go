package pages

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"time"
)

// File is a page or an asset, ready to be served.
type File struct {
	Type string // media type
	Body []byte
	Gzip []byte // Body compressed (RFC 1952), for clients that accept it

	Lasting bool          // its name contains a hash of its content, so caches may keep it for ever
	Fresh   time.Duration // how long caches may keep a page; 0 for not at all
}

// compressed returns the file with its compressed form. The same body always gives the same bytes.
func (f File) compressed() File {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid, so there is no error
	_, _ = w.Write(f.Body)                                  // a buffer accepts everything
	_ = w.Close()
	f.Gzip = out.Bytes()
	return f
}

// Assets are the files that npm run build makes. Each name contains a hash of the content, so that caches may keep the file for
// ever. The manifest maps the name of each source to the name of its file.
type Assets struct {
	names map[string]string
	files map[string]File
}

// mediaTypes lists the media type of every kind of asset.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

func loadAssets(dist fs.FS) (Assets, error) {
	manifest, err := fs.ReadFile(dist, "manifest.json")
	if err != nil {
		return Assets{}, fmt.Errorf("pages: the assets are not built, run npm ci and npm run build in shared/pages: %w", err)
	}
	a := Assets{files: map[string]File{}}
	if err := json.Unmarshal(manifest, &a.names); err != nil {
		return Assets{}, fmt.Errorf("pages: manifest: %w", err)
	}
	for source, file := range a.names {
		body, err := fs.ReadFile(dist, file)
		if err != nil {
			return Assets{}, fmt.Errorf("pages: %w", err)
		}
		kind, ok := mediaTypes[path.Ext(file)]
		if !ok {
			return Assets{}, fmt.Errorf("pages: %s has an unknown file type", file)
		}
		a.files[file], a.files[source] = File{Type: kind, Body: body, Lasting: true}, File{Type: kind, Body: body}
	}
	return a, nil
}

// File returns the name under which a source is served, such as style-ABCD1234.css for style.css. It fails for a source that the
// build does not include.
func (a Assets) File(source string) (string, error) {
	file, ok := a.names[source]
	if !ok {
		return "", fmt.Errorf("pages: no asset %s", source)
	}
	return file, nil
}
