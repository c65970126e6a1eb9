//! Datasets: the values of several streams as one table.

use std::collections::BTreeMap;
use std::pin::Pin;

use cdb_core::{ConnectorDb, Seconds, Timestamp, TimestampError};
use cdb_pipescript::{Grid, Interpolator};
use cdb_types::endpoint::{Json, QueryDataset};
use cdb_types::{CalendarStep, ColumnQuery, DatasetQuery, Reference, Step};

use crate::source::check_script;
use crate::type_source::TypeSource;
use crate::{ColumnType, Error, Merge, Result, Source, Table, missing};

/// A query for a table of the values of several streams. Awaiting it returns a [`Table`].
///
/// The rows are given by one of three methods:
///
/// - [`dt`](Self::dt): rows at the times `t1`, `t1 + dt`, … before `t2`, which is **not** included.
/// - [`every`](Self::every): rows at the midnights that begin a day, week or month, after `t1` up to `t2`.
/// - [`x`](Self::x): rows at the datapoints of a reference, whose values are the column `x`.
///
/// If `t1` is set, a column without a range of its own is read from ten datapoints before `t1` on, or
/// from its beginning if it has no datapoints after `t1`. So the interpolators find earlier values for
/// the first rows. In the first row, `count`, `sum`, `mean` and scripts include these earlier
/// datapoints; give the column a range to leave them out. With `every` they are left out already.
///
/// ```no_run
/// # async fn example(cdb: &cdb_core::ConnectorDb) -> cdb_query::Result<()> {
/// use cdb_core::Timestamp;
/// use cdb_query::{Column, Dataset};
/// let now = Timestamp::now();
/// let table = Dataset::new(cdb)
///     .t1(now - 86400.0)
///     .t2(now)
///     .dt(3600.0)
///     .column(Column::new("temperature").interpolator("mean"))
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Dataset {
    cdb: ConnectorDb,
    times: Source,
    dt: Option<Step>,
    zone: Option<String>,
    x: Option<XAxis>,
    columns: Vec<Column>,
    posttransform: Option<String>,
    types: BTreeMap<String, ColumnType>,
}

/// The stream or merge that a column reads its values from, or that has a datapoint for each row of a
/// [`Dataset`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum XAxis {
    /// The datapoints of a stream.
    Stream(Source),
    /// The datapoints of several streams.
    Merge(Merge),
}

impl<S: Into<Source>> From<S> for XAxis {
    fn from(stream: S) -> Self {
        Self::Stream(stream.into())
    }
}

impl From<Merge> for XAxis {
    fn from(merge: Merge) -> Self {
        Self::Merge(merge)
    }
}

impl Dataset {
    /// Makes a dataset without columns. It needs at least one to be awaited.
    pub fn new(cdb: &ConnectorDb) -> Self {
        Self {
            cdb: cdb.clone(),
            times: Source::from(""),
            dt: None,
            zone: None,
            x: None,
            columns: Vec::new(),
            posttransform: None,
            types: BTreeMap::new(),
        }
    }

    /// Sets the reference, a stream or a merge: the table has a row at each of its datapoints.
    pub fn x(mut self, x: impl Into<XAxis>) -> Self {
        self.x = Some(x.into());
        self
    }

    /// Sets the time between two rows: a `Duration`, or seconds. It must be at least 0.001 s, and `t2`
    /// must be at least one step after `t1`. A dataset has at most 10,000,000 rows.
    pub fn dt(mut self, step: impl Into<Seconds>) -> Self {
        self.dt = Some(Step::Seconds(step.into().as_f64()));
        self
    }

    /// Sets that the rows are at the midnights that begin a day, a week or a month in a time zone, such as
    /// `Europe/Berlin` or `UTC`: those after `t1`, up to `t2`, which is included. A row has what happened
    /// in the day, week or month before it; the first one has what happened after `t1`. Weeks begin on
    /// Mondays. The original server does not know such steps.
    ///
    /// ```no_run
    /// # async fn example(cdb: &cdb_core::ConnectorDb) -> cdb_query::Result<()> {
    /// use cdb_core::Timestamp;
    /// use cdb_query::{CalendarStep, Column, Dataset};
    /// // The steps of each day, in rows at the end of the day.
    /// let now = Timestamp::now();
    /// let table = Dataset::new(cdb)
    ///     .t1(now - 30.0 * 86400.0)
    ///     .t2(now)
    ///     .every(CalendarStep::Day, "Europe/Berlin")
    ///     .column(Column::new("steps").interpolator("sum"))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn every(mut self, step: CalendarStep, zone: impl Into<String>) -> Self {
        self.dt = Some(Step::Calendar(step));
        self.zone = Some(zone.into());
        self
    }

    /// Sets the start. With `dt` it is the time of the first row. With `x`, only datapoints of the
    /// reference later than `t1` are read. If the reference is a merge, set the times of its streams
    /// instead; otherwise awaiting the dataset returns [`Error::TimesOfMerge`].
    pub fn t1(mut self, t1: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Self {
        self.times = self.times.t1(t1);
        self
    }

    /// Sets the end. With `dt` the rows are before `t2`, which is not included. With `x`,
    /// datapoints of the reference up to `t2`, which is included, are read. If the reference is a
    /// merge, set the times of its streams instead; otherwise awaiting the dataset returns
    /// [`Error::TimesOfMerge`].
    pub fn t2(mut self, t2: impl TryInto<Timestamp, Error: Into<TimestampError>>) -> Self {
        self.times = self.times.t2(t2);
        self
    }

    /// Adds a column: a stream or a merge, or a [`Column`] with a name or an interpolator.
    pub fn column(mut self, column: impl Into<Column>) -> Self {
        self.columns.push(column.into());
        self
    }

    /// Runs a PipeScript over the rows on the server. The value of each row is an object with the
    /// values by column. A row without a value in some column is not passed to the script, unless the
    /// column allows it ([`Column::allow_nil`]).
    pub fn posttransform(mut self, script: impl Into<String>) -> Self {
        self.posttransform = Some(script.into());
        self
    }

    /// Sets the type that a column of the table has in record batches and files (feature `arrow`).
    /// [`Column::of_type`] does the same; this is for the columns that are not a [`Column`]: `x`, and
    /// those that the posttransform makes.
    pub fn column_type(mut self, column: impl Into<String>, of_type: ColumnType) -> Self {
        self.types.insert(column.into(), of_type);
        self
    }

    /// Checks the query, and returns it with the columns in the order of the table.
    fn resolve(self) -> Result<(DatasetQuery, Vec<(String, TypeSource)>)> {
        let mut query = DatasetQuery::default();
        let mut found = Vec::new();
        let mut columns = BTreeMap::new();
        for column in self.columns {
            let given = column.of_type;
            let (name, column) = column.resolve(&self.cdb)?;
            found.push((name.clone(), TypeSource::of_column(given, &column)));
            if columns.insert(name.clone(), column).is_some() {
                return Err(Error::TwoColumns(name));
            }
        }
        if let Some(error) = self.times.time_error {
            return Err(error.into());
        }
        if let Some(Step::Seconds(dt)) = self.dt
            && !dt.is_finite()
        {
            return Err(Error::Step(dt));
        }
        match (self.x, self.dt) {
            (None, None) => return Err(Error::NoReference),
            (None, Some(_)) => query.reference = self.times.query,
            (Some(x), _) => {
                match x {
                    XAxis::Merge(_) if self.times.query.t1.or(self.times.query.t2).is_some() => {
                        return Err(Error::TimesOfMerge);
                    }
                    XAxis::Merge(merge) => query.merge = Some(merge.resolve()?),
                    XAxis::Stream(mut source) => {
                        source.query.t1 = self.times.query.t1.or(source.query.t1);
                        source.query.t2 = self.times.query.t2.or(source.query.t2);
                        query.reference = source.resolve(&self.cdb)?;
                    }
                }
                found.insert(0, ("x".to_owned(), TypeSource::of_stream(&query.reference)));
            }
        }
        check_script(self.posttransform.as_deref())?;
        query.dt = self.dt;
        query.zone = self.zone;
        query.dataset = Some(columns);
        query.posttransform = self.posttransform;
        match query.check()?.reference {
            Reference::Times { t1, t2, dt } => drop(Grid::new(t1, t2, dt)?),
            Reference::Calendar { t1, t2, step, zone } => {
                drop(Grid::calendar(t1, t2, step, &zone)?);
            }
            _ => {}
        }
        if query.posttransform.is_some() {
            // It may have made something else of them.
            found.iter_mut().for_each(|(_, source)| source.forget_stream());
        }
        Ok((query, found))
    }

    async fn run(self) -> Result<Table> {
        let (cdb, given) = (self.cdb.clone(), self.types.clone());
        let (query, columns) = self.resolve()?;
        let rows = async || match cdb.call(&QueryDataset(&query)).await {
            Ok(Json(rows)) => Ok(rows),
            Err(error) => Err(missing::name_missing(&cdb, error, missing::streams(&query)).await),
        };
        #[cfg(feature = "arrow")]
        let (rows, mut types) =
            futures_util::future::try_join(rows(), crate::type_source::types(&cdb, &columns))
                .await?;
        #[cfg(not(feature = "arrow"))]
        let (rows, mut types) = (rows().await?, BTreeMap::new());
        types.extend(given);
        let names = columns.into_iter().map(|(name, _)| name).collect();
        Ok(Table::with_types(rows, names, &types))
    }
}

impl IntoFuture for Dataset {
    type Output = Result<Table>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// A column of a [`Dataset`]: the values of a stream or a merge, with a name and an
/// interpolator.
#[derive(Debug, Clone)]
#[must_use = "a column is part of a dataset"]
pub struct Column {
    values: XAxis,
    name: Option<String>,
    interpolator: String,
    allow_nil: bool,
    of_type: Option<ColumnType>,
}

impl Column {
    /// Makes a column of a stream or a merge with the interpolator `closest`.
    pub fn new(values: impl Into<Self>) -> Self {
        values.into()
    }

    /// Sets the name of the column. The default is the text that names the stream, or the path of
    /// the handle. A column whose values are a merge has no default.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets how the value at a row's time is found; the default is `closest`.
    ///
    /// | interpolator | value |
    /// |---|---|
    /// | `closest` | the datapoint that is nearest in time; the earlier of two equally near ones |
    /// | `before` | the last datapoint that is not later than the row |
    /// | `after` | the first datapoint that is later than the row |
    /// | `count` | the number of datapoints since the previous row |
    /// | `sum`, `mean` | the sum or mean of the datapoints since the previous row; 0 if there are none |
    /// | any PipeScript | its last output when run over the datapoints since the previous row |
    ///
    /// The script `mean | if last` is null if there are no datapoints since the previous row. It
    /// distinguishes a missing value from a mean of 0.
    pub fn interpolator(mut self, interpolator: impl Into<String>) -> Self {
        self.interpolator = interpolator.into();
        self
    }

    /// Sets whether rows without a value in this column are passed to the posttransform; the
    /// default is `false`.
    pub fn allow_nil(mut self, allow: bool) -> Self {
        self.allow_nil = allow;
        self
    }

    /// Sets the type that the column has in record batches and files (feature `arrow`). By default
    /// it follows from the schema of the stream. A transform, an interpolator that is a script, and a
    /// posttransform may change the type; set it if the column has one of these. See also
    /// [`Dataset::column_type`].
    pub fn of_type(mut self, of_type: ColumnType) -> Self {
        self.of_type = Some(of_type);
        self
    }

    fn resolve(self, cdb: &ConnectorDb) -> Result<(String, ColumnQuery)> {
        Interpolator::parse(&self.interpolator)?;
        let mut query = ColumnQuery::default();
        let name = match self.values {
            XAxis::Merge(merge) => {
                query.merge = Some(merge.resolve()?);
                self.name.ok_or(Error::Unnamed)?
            }
            XAxis::Stream(source) => {
                let name = self.name.unwrap_or_else(|| source.query.stream.clone());
                query.stream = source.resolve(cdb)?;
                name
            }
        };
        query.interpolator = Some(self.interpolator);
        query.allownil = self.allow_nil;
        Ok((name, query))
    }
}

impl<V: Into<XAxis>> From<V> for Column {
    fn from(values: V) -> Self {
        Self {
            values: values.into(),
            name: None,
            interpolator: "closest".to_owned(),
            allow_nil: false,
            of_type: None,
        }
    }
}
