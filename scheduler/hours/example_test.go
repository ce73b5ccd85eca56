package hours_test

import (
	"fmt"

	"offpeak/scheduler/hours"
	"offpeak/scheduler/wall"
)

func ExampleParse() {
	office, err := hours.Parse("Mon-Fri 9:00-12:00, 13:00-18:00; 토 10:00-14:00 Asia/Seoul")
	fmt.Println(office, err)

	_, err = hours.Parse("last mon-fri 09:00-18:00")
	fmt.Println(err)
	// Output:
	// mon-fri 09:00-12:00+13:00-18:00 sat 10:00-14:00 Asia/Seoul <nil>
	// "last mon-fri": last takes one weekday (say last fri)
}

func ExampleWindows() {
	weekend, _ := hours.Parse("fri 18:00 - mon 08:00")
	friday := wall.NewDate(2026, 11, 20)
	for _, s := range hours.Windows(weekend.Windows...).Draw(friday, friday+4, nil).Stretches {
		fmt.Println(s.From, s.State)
	}
	// Output:
	// 2026-11-20 00:00 stopped
	// 2026-11-20 18:00 running
	// 2026-11-23 08:00 stopped
}
