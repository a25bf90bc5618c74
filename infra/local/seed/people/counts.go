package people

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/brianvoe/gofakeit/v7"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var (
	enough    = policy.InForce(time.Now()).Analytics.SmallestCount // visits that a rare value needs (promises B02, F05)
	pages     = []string{"/", "/pricing", "/docs", "/privacy"}
	rarePages = []string{"/docs/getting-started", "/blog/%C3%BCber-uns", "/help/ヘルプ/1"}
	countries = []string{"GB", "DE", "US", "JP", "EG", "IN", "BR", "PL"}
	browsers  = []string{"Firefox 131.0", "Chrome 120.0.0.0", "Safari", "Edge", "other"}
	devices   = []string{"", "desktop", "phone", "tablet"}
	referrers = []string{"", "www.google.co.uk", "linkedin.com", "search.example", "news.example.org", "social.test"}
	terms     = []string{"help desk software", "チャット サポート", "gdpr export", "=1+1", "<b>support</b>"}
)

// counts returns lines of anonymous counts for one of n days. The days are spread over the 26 months for which counts are kept, and one month
// more (promise F05).
func counts(index, n int, base time.Time) [][]byte {
	f := gofakeit.NewFaker(rand.NewPCG(seed+1, uint64(index)), false)
	at := base.Add(-day - time.Duration(index)*(analyticsKept+30*day)/time.Duration(n)).Truncate(day)
	lines := make([][]byte, 0, countsPerDay)
	for i := range countsPerDay {
		data := analytics{
			Day: at.Format(time.DateOnly), Page: f.RandomString(pages), Country: f.RandomString(countries), Browser: f.RandomString(browsers),
			Device: f.RandomString(devices), ReferrerHost: f.RandomString(referrers), SecondsOnPage: f.IntRange(0, 900), Count: f.IntRange(1, 400),
		}
		if data.Count >= enough && f.IntRange(1, 3) == 1 {
			data.SearchTerm = f.RandomString(terms)
		}
		if data.Count >= enough && f.IntRange(1, 3) == 1 {
			data.Page = f.RandomString(rarePages)
		}
		source := privacy.Automatic
		if f.IntRange(1, 3) == 1 {
			source = privacy.AnalyticsProvider
		}
		lines = append(lines, line{Category: privacy.Analytics, ID: fmt.Sprintf("%s-%d-%d", data.Day, index, i), Source: source, OccurredAt: at, Data: data}.bytes())
	}
	return lines
}
