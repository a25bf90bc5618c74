package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// BenchmarkOpening measures the memory that a browser takes to open an export, beyond what the page took before. The limit is twice
// the file plus 64 MiB, and at most 384 MiB. The page opens the file as a stream, so it needs little memory at a time. The rest is
// garbage that the collector has not freed yet: about the size of a small file, and bounded for a large one. The opened file is a
// blob, which Chromium moves to disk. If the page loaded the whole file, it would take several times its size: 1.8 GiB for 300 MiB,
// which no phone allows.
func BenchmarkOpening(b *testing.B) {
	for _, size := range []int{1, 50, 300} {
		b.Run(fmt.Sprintf("%d_MiB", size), func(b *testing.B) {
			page, more := opened(b, size<<20)
			budget := min(2*size+64, 384)
			b.Logf("budget: browser: memory to open an export of %d MiB, beyond the page's %d | %d MiB | %d", size, page, more, budget)
			if more > budget {
				b.Errorf("an export of %d MiB takes %d MiB to open", size, more)
			}
		})
	}
}

// opened opens an export of the given size in a new browser. It returns the most memory that the page's process had used before,
// and how much more that process and the browser's own used after that, in MiB.
func opened(b *testing.B, bytes int) (page, more int) {
	f := serve(b)
	sealed, _, identity := seal(b, testManifest, bytes)
	f.sealed = sealed
	ctx := browsertest.Alone(b)
	browsertest.Do(b, ctx, chromedp.Navigate(f.origin+"/exports/"+testID+".1#dG9rZW4."+identity), chromedp.WaitVisible(css("#open")))
	peak := func(kind string) int { return int(browsertest.Peak(b, ctx, kind) >> 20) }
	page = peak("renderer")
	before := page + peak("browser")
	click(b, ctx, "#open")
	patient, cancel := context.WithTimeout(ctx, 5*time.Minute) // on a busy machine this takes longer than other tests allow
	defer cancel()
	if err := chromedp.Do(patient, chromedp.WaitVisible(css("#done"))); err != nil {
		b.Fatal(err)
	}
	return page, peak("renderer") + peak("browser") - before
}
