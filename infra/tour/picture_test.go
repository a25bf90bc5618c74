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
	"regexp"
	"slices"
	"testing"
)

// What a picture, and all of them together, may weigh, in bytes: README shows them all.
const (
	largest         = 150_000
	largestTogether = 2_500_000
)

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

// shown matches a picture of README with its other text.
var shown = regexp.MustCompile(`<img src="infra/tour/([^"]+)" width="\d+" alt="[^"]+">`)

// README shows every page in every look, once, and no other picture is kept. What would be missing for a new page is its picture.
func TestREADMEShowsEveryPageInEveryLook(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, m := range shown.FindAllStringSubmatch(string(readme), -1) {
		got = append(got, m[1])
	}
	for _, p := range append(slices.Clone(pages), letter) {
		for _, on := range looks {
			want = append(want, p.name+on.suffix+".png")
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	kept, err := filepath.Glob("*.png")
	if err != nil || !slices.Equal(got, want) || !slices.Equal(kept, want) {
		t.Errorf("README shows %q\nkept are %q\nthe pages want %q\n%v", got, kept, want, err)
	}
}

func TestPicturesAreSmall(t *testing.T) {
	files, err := filepath.Glob("*.png")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		total += len(content)
		if _, err := png.Decode(bytes.NewReader(content)); err != nil || len(content) > largest {
			t.Errorf("%s: %d bytes, %v", name, len(content), err)
		}
	}
	if total > largestTogether {
		t.Errorf("%d bytes together", total)
	}
}
