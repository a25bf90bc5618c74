package tour

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// largest is what a picture may weigh, in bytes: README shows them all.
const largest = 150_000

// save writes a screenshot with the 256 colours it uses most, which pages of text hardly ever exceed, as small as PNG can.
func save(name string, screenshot []byte) error {
	picture, err := png.Decode(bytes.NewReader(screenshot))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, paletted(picture)); err != nil {
		return err
	}
	return os.WriteFile(name, out.Bytes(), 0o644)
}

func paletted(picture image.Image) *image.Paletted {
	bounds := picture.Bounds()
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(picture.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	used := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(counts[b]-counts[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	var palette color.Palette
	for _, c := range used[:min(256, len(used))] {
		palette = append(palette, c)
	}
	index := map[color.RGBA]uint8{}
	for _, c := range used {
		index[c] = uint8(palette.Index(c))
	}
	out := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			out.SetColorIndex(x, y, index[at(x, y)])
		}
	}
	return out
}

func TestPicturesAreSmall(t *testing.T) {
	files, err := filepath.Glob("*.png")
	if err != nil || len(files) < 8 {
		t.Fatalf("%d pictures: %v", len(files), err)
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := png.Decode(bytes.NewReader(content)); err != nil || len(content) > largest {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
	}
}
