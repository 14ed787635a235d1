"""Runs queries over small tables in ClickHouse (chdb) or Spark (pyspark).

usage: engines.py clickhouse|spark CASES.json ANSWERS.json
A case is {"columns": [{"name", "type", "cells"}], "sql"}; its answer is a list of rows, each an object by column.
"""

import json
import sys


def rows_of(case):
    return list(zip(*(column["cells"] for column in case["columns"])))


def quoted(name):
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def tab_separated(cell):
    if cell is None:
        return "\\N"
    return cell.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def clickhouse(cases):
    from chdb import session

    opened = session.Session()
    for case in cases:
        columns = ", ".join(f'{quoted(c["name"])} {c["type"]}' for c in case["columns"])
        opened.query("DROP TABLE IF EXISTS requests")
        opened.query(f"CREATE TABLE requests ({columns}) ENGINE = Memory")
        lines = "\n".join("\t".join(map(tab_separated, row)) for row in rows_of(case))
        opened.query(f"INSERT INTO requests FORMAT TSV\n{lines}\n")
        told = opened.query(case["sql"], "JSONEachRow").bytes().decode()
        yield [json.loads(line) for line in told.split("\n") if line]


def spark(cases):
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StringType, StructField, StructType

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    # A zone that is not the log's: no answer may rest on the session's.
    opened = builder.config("spark.sql.session.timeZone", "America/New_York").getOrCreate()
    opened.sparkContext.setLogLevel("OFF")
    for case in cases:
        names = [f"c{at}" for at, _ in enumerate(case["columns"])]
        schema = StructType([StructField(name, StringType()) for name in names])
        cells = opened.createDataFrame(rows_of(case), schema)
        selected = []
        for name, column in zip(names, case["columns"]):
            value = f"{name} || 'Z'" if column["type"] == "TIMESTAMP" else name
            alias = column["name"].replace("`", "``")
            selected.append(f'CAST({value} AS {column["type"]}) AS `{alias}`')
        cells.selectExpr(*selected).createOrReplaceTempView("requests")
        yield [row.asDict() for row in opened.sql(case["sql"]).collect()]


if __name__ == "__main__":
    _, engine, asked, told = sys.argv
    with open(asked, encoding="utf-8") as file:
        cases = json.load(file)
    answers = list({"clickhouse": clickhouse, "spark": spark}[engine](cases))
    with open(told, "w", encoding="utf-8") as file:
        json.dump(answers, file)
