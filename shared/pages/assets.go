package pages

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
)

// Asset is a built file. Its name carries a hash of its content, so it can be cached for ever.
type Asset struct {
	Type string // media type
	Body []byte
}

// Assets are the files that npm run build makes, with the manifest from the name of a source to the name of its file.
type Assets struct {
	names map[string]string
	files map[string]Asset
}

// mediaTypes lists every kind of asset there is.
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
	a := Assets{files: map[string]Asset{}}
	if err := json.Unmarshal(manifest, &a.names); err != nil {
		return Assets{}, fmt.Errorf("pages: manifest: %w", err)
	}
	for _, file := range a.names {
		body, err := fs.ReadFile(dist, file)
		if err != nil {
			return Assets{}, fmt.Errorf("pages: %w", err)
		}
		kind, ok := mediaTypes[path.Ext(file)]
		if !ok {
			return Assets{}, fmt.Errorf("pages: %s is of no kind that is served", file)
		}
		a.files[file] = Asset{Type: kind, Body: body}
	}
	return a, nil
}

// File returns the name under which a source is served, such as style-ABCD1234.css for style.css. It fails for a source
// that is not built.
func (a Assets) File(source string) (string, error) {
	file, ok := a.names[source]
	if !ok {
		return "", fmt.Errorf("pages: no asset %s", source)
	}
	return file, nil
}
