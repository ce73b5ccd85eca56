package migrate
import ("testing";"fmt";"time";"offpeak/scheduler/periods")
func TestPerf(t *testing.T){
 for _, n := range []int{50,100,200,400} {
  var ps []periods.Period
  for i:=0;i<n;i++{
   d := periods.Definition{Name: fmt.Sprintf("p%d",i)}
   if i%2==0 { d.BeginTime="09:00"; d.MonthDays=[]string{"30"}; d.Months=[]string{"feb"}; d.MonthDays=[]string{"29"}; d.Weekdays=[]string{"mon"} } else { d.EndTime="17:00"; d.Months=[]string{"mar"}; d.Weekdays=[]string{"mon#5"} }
   p,err := periods.Parse(d); if err!=nil {t.Fatal(err)}
   ps = append(ps,p)
  }
  s:=time.Now(); periods.Lints(ps); a:=time.Since(s)
  ps=nil
  for i:=0;i<n;i++{
   p,_ := periods.Parse(periods.Definition{Name: fmt.Sprintf("p%d",i), BeginTime:"09:00", EndTime:"17:00"})
   if i%2==1 { p,_ = periods.Parse(periods.Definition{Name: fmt.Sprintf("p%d",i), BeginTime:"17:01", EndTime:"18:00"}) }
   ps=append(ps,p)
  }
  p,_ := periods.Parse(periods.Definition{Name:"all",Weekdays:[]string{"mon-sun"}}); ps=append(ps,p)
  s=time.Now(); periods.Lints(ps); fmt.Println(n,a,time.Since(s))
 }
}
