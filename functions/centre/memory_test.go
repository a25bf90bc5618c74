package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// BenchmarkOpening is the memory that a browser takes to open an export, beyond what the page took before: twice the file and 64 MiB at most,
// and never more than 384 MiB. The page opens the file as a stream, so what it holds at a time is small; the rest is what the collector has not
// come round to, which is about the file while it is small and bounded from then on. The opened file is a blob, which Chromium moves to disk.
// A page that held the file whole takes several times what the file has, 1.8 GiB for 300 MiB, and a phone would end it.
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

// opened opens an export of the size in a browser of its own. It returns the most memory that the page's process had held before, and what its
// and the browser's own have held beyond that, in MiB.
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
	patient, cancel := context.WithTimeout(ctx, 5*time.Minute) // a busy machine takes longer than a page may elsewhere
	defer cancel()
	if err := chromedp.Do(patient, chromedp.WaitVisible(css("#done"))); err != nil {
		b.Fatal(err)
	}
	return page, peak("renderer") + peak("browser") - before
}
